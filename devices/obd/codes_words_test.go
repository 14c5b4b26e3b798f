package obd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitlane/devices/obd"
)

// simplifiedOnly and traditionalOnly are characters that the other script does
// not use; together they cover every word of the texts that differs.
const (
	simplifiedOnly  = "仅从业东举书买价众优伤这为会产个义习仪们传侧倾储关内写冲况净减则别刹剂动励匀单却压参发变号启员响喷围块声处备头学对导寿师带应废开强录态总悬执报拧挡换摆数断无时显暂条来标检没测浓涡渗温溃滞滤灯点热状献环电监盖盗盘码积稳紧约级纵线组给络绝统继续缓编缘缩脉脑节装规觉计认让记设识话询请读调谐负贡车轨转轮软轴载辅辆输达过运进远迟针钥锁键长门闭间阀随项预频颗颠风驱驶驻驾验与于体厂后复帘异据机极松气确离网范触"
	traditionalOnly = "來個們側偵備傳傾儀內兩則劑動勻匯卻參員問啟單噴圍報壓壽學寫對導師帶廠廢強復態憶應懸換揮擴數斷時暫極標機檔檢氣沒況洩淨渦測溫滲潰濃濾無熱燈狀獻環異發盜監盤確碼積穩筆節範簾紀組絕給統絲網緊線緣緩縮縱繼續習聯聲脈腦與蓋處號衝裝規覺觸訂計訊記設話認調請諧識護讀變讓負貢資車軌軟軸輔輛輪輸轉迴進運過達遲針錄鍵鎖鑰長門閉開間閘閥關隨險離電響項預頭頻顛類顯風馬駐駕駛驅體鬆點齒為會產東嚴舉書買價眾優傷這從業僅"
)

func TestEachScriptKeepsToItsCharactersAndWords(t *testing.T) {
	// Words of the other side of the strait show a text that was converted, not written.
	foreign := map[string][]string{
		"zh-Hans": {"感测器", "讯号", "资料", "软体", "引擎", "作动", "模组", "煞车", "汇流", "电瓶", "行车电脑", "方向盘转"},
		"zh-Hant": {"傳感器", "信號", "數據", "軟件", "程序", "信息", "網絡", "發動機", "制動", "懸架", "執行器", "模塊", "總線", "蓄電池", "剎車"},
	}
	other := map[string]string{"zh-Hans": traditionalOnly, "zh-Hant": simplifiedOnly}
	everyWord(func(code, register, lang, text string) {
		if at := strings.IndexAny(text, other[lang]); lang != "en" && at >= 0 {
			t.Errorf("%s %s %s has %q of the other script: %q", code, register, lang, text[at:at+3], text)
		}
		for _, word := range foreign[lang] {
			if strings.Contains(text, word) {
				t.Errorf("%s %s %s has the other side's word %s: %q", code, register, lang, word, text)
			}
		}
	})
}

func TestTheWholeOfATextDiffersBetweenTheScripts(t *testing.T) {
	everyCode(func(code string) {
		if w := obd.Plain(code); w["zh-Hans"] == w["zh-Hant"] {
			t.Errorf("%s: %q in both", code, w["zh-Hans"])
		}
	})
}

// commonCodes are those a shop meets most, of every family.
func commonCodes() []string {
	return strings.Fields(`P0011 P0016 P0030 P0087 P0101 P0106 P0113 P0118 P0121 P0125 P0128 P0131 P0133 P0135 P0141 P0155 P0171 P0172 P0174
		P0191 P0201 P0217 P0234 P0264 P0299 P0300 P0301 P0304 P0312 P0316 P0325 P0335 P0340 P0353 P0401 P0411 P0420 P0430 P0442 P0443 P0455
		P0456 P0457 P0463 P0480 P0500 P0505 P0507 P0524 P0562 P0571 P0606 P0620 P0700 P0715 P0730 P0741 P0776 P0A80 P0AA6 P0B00 P1234 P2002
		P2096 P2135 P2187 P2195 P20EE P2463 P2BFF P3000 P3401 P3FFF B0001 B0070 B0FFF B1342 C0031 C0035 C0051 C0FFF C1200 U0001 U0073 U0100
		U0101 U0121 U0140 U0151 U0155 U0301 U0415 U0422 U0600 U1000 U3003 P0000 rust`)
}

func TestCommonCodesAreWordedAsAgreed(t *testing.T) {
	var b strings.Builder
	for _, code := range commonCodes() {
		texts, plain := obd.Texts(code), obd.Plain(code)
		for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
			b.WriteString(code + "\t" + lang + "\t" + texts[lang] + "\t" + plain[lang] + "\n")
		}
	}
	file := filepath.Join("testdata", "codes.golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(golden), "\n")
	for i, got := range strings.Split(b.String(), "\n") {
		if i >= len(want) || got != want[i] {
			t.Errorf("line %d: got %q", i+1, got)
		}
	}
}

// TestMostOfTheCommonFamiliesHaveTextsOfTheirOwn holds the share of codes that are
// named themselves, so that a slip in a table is not silently a text of the system.
func TestMostOfTheCommonFamiliesHaveTextsOfTheirOwn(t *testing.T) {
	least := map[string]int{"P00": 190, "P01": 135, "P02": 225, "P03": 104, "P04": 165, "P05": 124, "P06": 160, "P07": 185, "P0A": 150, "P2": 680, "P34": 98, "U0": 220}
	own := map[string]int{}
	everyCode(func(code string) {
		for _, system := range []string{"Powertrain: ", "Chassis: ", "Body: ", "Network"} {
			if strings.HasPrefix(obd.Text(code), system) {
				return
			}
		}
		for n := 2; n <= 3; n++ {
			own[code[:n]]++
		}
	})
	for family, want := range least {
		if own[family] < want {
			t.Errorf("%s: %d codes have a text of their own, want %d", family, own[family], want)
		}
	}
	t.Logf("own texts: P0 %d, P2 %d, P34 %d, B0 %d, C0 %d, U0 %d, U3 %d; %v", own["P0"], own["P2"], own["P34"], own["B0"], own["C0"], own["U0"], own["U3"], own)
}
