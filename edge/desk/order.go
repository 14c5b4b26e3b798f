package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"pitlane/edge/clocks"
	"pitlane/edge/job"
)

// OrderConfig is what the shop puts before its customers.
type OrderConfig struct {
	Prices       []Price
	Currency     string        // ISO 4217; amounts are in its smallest unit
	Promise      time.Duration // from check-in to the promised hand-back
	WarrantyDays int
	Zone         *time.Location // of times in texts; nil means the machine's
}

// Price is one line of the price list. Purposes says for which visits it is
// offered; none means for all. Text is by language.
type Price struct {
	ID       string
	Amount   int64
	Purposes []string
	Text     map[string]string
}

// orderWords are the fixed parts of an order in one language. Each is a whole
// sentence of its own: zh-Hant is not a conversion of zh-Hans.
type orderWords struct {
	title, ticket, plate, noPlate, complaint, lines, total, promised string
	marks, noMarks, belongings, noBelongings, warranty, consent      string
	extras                                                           string
	within, hours, minutes                                           string
}

func words(lang string) orderWords {
	switch lang {
	case "zh-Hant":
		return orderWords{
			title: "進廠維修單", ticket: "號碼", plate: "車牌", noPlate: "暫無車牌", complaint: "您的描述",
			lines: "項目與價格", total: "合計", promised: "承諾交車時間",
			marks: "環車檢查", noMarks: "未見異常", belongings: "隨車物品", noBelongings: "無",
			warranty: "維修質量保證期為 %d 天,自交車之日起計算。",
			consent:  "我已閱讀以上內容。是否允許本店讀取車輛的故障資料,以我在簽名前的選擇為準;未經同意不會讀取。",
			extras:   "任何追加項目,須先告知價格與新的交車時間,經我同意後才會施工與收費。",
			within:   "簽名後 %s內", hours: "%d 小時", minutes: "%d 分鐘",
		}
	case "en":
		return orderWords{
			title: "Work order", ticket: "Ticket", plate: "Plate", noPlate: "no plate yet", complaint: "What you told us",
			lines: "Items and prices", total: "Total", promised: "Promised time",
			marks: "Walk-round", noMarks: "nothing seen", belongings: "Left in the car", noBelongings: "nothing",
			warranty: "Our work is under warranty for %d days from the day you take the car back.",
			consent:  "I have read this. Whether the shop may read the car's trouble data is what I choose before I sign; without my yes nothing is read.",
			extras:   "Anything more is done and charged only after I was told its price and the new time, and said yes.",
			within:   "within %sof signing", hours: "%d h ", minutes: "%d min ",
		}
	default:
		return orderWords{
			title: "进厂维修单", ticket: "票号", plate: "车牌", noPlate: "暂无车牌", complaint: "您的描述",
			lines: "项目与价格", total: "合计", promised: "承诺交车时间",
			marks: "环车检查", noMarks: "未见异常", belongings: "随车物品", noBelongings: "无",
			warranty: "维修质量保证期为 %d 天,自交车之日起计算。",
			consent:  "我已阅读以上内容。是否允许本店读取车辆的故障数据,以我在签名前的选择为准;未经同意不会读取。",
			extras:   "任何追加项目,须先告知价格和新的交车时间,经我同意后才会施工和收费。",
			within:   "签字后 %s内", hours: "%d 小时", minutes: "%d 分钟",
		}
	}
}

// money writes an amount of the smallest unit for customers.
func money(amount int64, currency, lang string) string {
	figure := fmt.Sprintf("%d.%02d", amount/100, amount%100)
	if currency == "CNY" && lang != "en" {
		return figure + " 元"
	}
	return currency + " " + figure
}

// orderLines are the lines that the price list has for a purpose, in a language.
func (o OrderConfig) orderLines(purpose, lang string) []job.Line {
	lines := []job.Line{}
	for _, p := range o.Prices {
		if len(p.Purposes) > 0 && !slices.Contains(p.Purposes, purpose) {
			continue
		}
		text := p.Text[lang]
		if text == "" {
			text = p.Text["zh-Hans"]
		}
		lines = append(lines, job.Line{ID: p.ID, Text: text, Price: p.Amount})
	}
	return lines
}

// promise is the time offered: rounded up to a quarter of an hour, as it must be
// kept (K-091).
func (o OrderConfig) promise(now time.Time) time.Time {
	const step = 15 * time.Minute
	at := now.Add(o.Promise)
	if r := at.Truncate(step); !r.Equal(at) {
		at = r.Add(step)
	}
	return at
}

// promiseAt is the moment promised; nil where the clock that made it could not be right.
func promiseAt(ms int64) *time.Time {
	if !clocks.Plausible(ms) {
		return nil
	}
	t := time.UnixMilli(ms)
	return &t
}

// order is everything that the customer's page shows and that the signature binds.
type order struct {
	shop, ticket, plate, lang string
	complaint                 job.Complaint
	lines                     []job.Line
	promised                  time.Time
	within                    time.Duration // not 0: nobody here knows the time, and promised is no moment
	marks, belongings         []string
}

// span writes how long after the signature the car is promised.
func (w orderWords) span(d time.Duration) string {
	parts := ""
	if h := int(d / time.Hour); h > 0 {
		parts += fmt.Sprintf(w.hours, h)
	}
	if m := int(d % time.Hour / time.Minute); m > 0 || parts == "" {
		parts += fmt.Sprintf(w.minutes, m)
	}
	return fmt.Sprintf(w.within, parts)
}

// offer composes the exact text (K-080, K-092, K-113) and binds it by its hash.
func (o OrderConfig) offer(v order) job.Offered {
	w := words(v.lang)
	var total int64
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s · %s", v.shop, w.title)
	say("%s: %s", w.ticket, v.ticket)
	say("%s: %s", w.plate, or(v.plate, w.noPlate))
	if told := told(v.complaint); told != "" {
		say("%s: %s", w.complaint, told)
	}
	say("")
	say("%s:", w.lines)
	for _, l := range v.lines {
		say("- %s: %s", l.Text, money(l.Price, o.Currency, v.lang))
		total += l.Price
	}
	say("%s: %s", w.total, money(total, o.Currency, v.lang))
	if v.within > 0 {
		say("%s: %s", w.promised, w.span(v.within))
	} else {
		say("%s: %s", w.promised, v.promised.In(o.zone()).Format("2006-01-02 15:04"))
	}
	say("")
	say("%s: %s", w.marks, or(strings.Join(v.marks, ", "), w.noMarks))
	say("%s: %s", w.belongings, or(strings.Join(v.belongings, ", "), w.noBelongings))
	say("")
	say(w.warranty, o.WarrantyDays)
	say("%s", w.extras)
	say("%s", w.consent)
	text := b.String()
	return job.Offered{Lines: v.lines, Promised: v.promised.UnixMilli(), Within: v.within.Milliseconds(), Total: total, Text: text, TextHash: textHash(text)}
}

func (o OrderConfig) zone() *time.Location {
	if o.Zone == nil {
		return time.Local
	}
	return o.Zone
}

// textHash binds a signature to a text: hex SHA-256 of its UTF-8 bytes.
func textHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func told(c job.Complaint) string {
	parts := slices.Clone(c.Taps)
	if c.Words != "" {
		parts = append(parts, c.Words)
	}
	return strings.Join(parts, ", ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
