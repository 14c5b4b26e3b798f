package obd

import (
	"fmt"
	"strings"
)

// saying is a thing a car can report, in the languages of the screens. It follows
// "The car reports", so that a sentence never says more than the car does.
type saying struct{ hans, hant, en string }

// Plain says a trouble code to a customer: one sentence by language (zh-Hans,
// zh-Hant, en), in everyday words and without a verdict. It knows every code: of
// an unfamiliar one it names the part of the car.
func Plain(code string) map[string]string {
	s := saidBy(strings.ToUpper(strings.TrimSpace(code)))
	return map[string]string{
		"zh-Hans": "车辆报告" + s.hans + "。",
		"zh-Hant": "車輛回報" + s.hant + "。",
		"en":      "The car reports " + s.en + ".",
	}
}

// saidBy finds what a code reports.
func saidBy(code string) saying {
	n, ok := codeNumber(code)
	if !ok {
		return saying{"一条需要技师查看的记录", "一筆需要技師查看的紀錄", "an entry that a technician has to look at"}
	}
	switch code[0] {
	case 'C':
		return chassisSays(n)
	case 'B':
		return bodySays(n)
	case 'U':
		return networkSays(code)
	}
	if makersOwn(code) {
		return saying{"一条由汽车厂家自行定义的发动机或变速箱提示", "一則由汽車原廠自訂的引擎或變速箱提示",
			"a note about engine or transmission in its maker's own terms"}
	}
	if code[1] == '0' {
		if at := decimal(n & 0xFFF); at >= 0 {
			return engineSays(at)
		}
		return saying{"混合动力或电驱动系统有一项数值与预期不符", "油電混合或電驅動系統有一項數值與預期不符",
			"a value of the hybrid or electric drive that it did not expect"}
	}
	return laterSays(code)
}

// engineSays words P0000 to P0999.
func engineSays(at int) saying {
	switch {
	case at >= 300 && at <= 312:
		return misfireSays(at - 300)
	case at >= 400 && at < 500:
		return emissionSays(at)
	case at >= 500 && at < 700:
		return inputSays(at)
	case at >= 700:
		return saying{"变速箱的工作状态与预期不符", "變速箱的運作狀態與預期不符", "that the transmission does not work quite as expected"}
	case at >= 313:
		return ignitionSays(at)
	case at >= 200:
		return fuelSays(at)
	}
	return airSays(at)
}

func misfireSays(cylinder int) saying {
	if cylinder == 0 {
		return saying{"发动机燃烧不均匀，可能感觉到抖动", "引擎燃燒不均勻，可能感覺到抖動",
			"that the engine runs unevenly; it may be felt as shaking"}
	}
	return saying{
		fmt.Sprintf("发动机第 %d 缸燃烧不均匀，可能感觉到抖动", cylinder),
		fmt.Sprintf("引擎第 %d 缸燃燒不均勻，可能感覺到抖動", cylinder),
		fmt.Sprintf("that cylinder %d of the engine runs unevenly; it may be felt as shaking", cylinder),
	}
}

// airSays words P0000 to P0199: valve timing, air, temperatures, exhaust sensors,
// mixture.
func airSays(at int) saying {
	switch {
	case at >= 10 && at <= 29:
		return saying{"发动机气门正时与预期不符", "引擎氣門正時與預期不符", "that the timing of the engine's valves is not as expected"}
	case at >= 30 && at <= 64, at >= 130 && at <= 167:
		return saying{"排气中的氧气传感器读数与预期不符", "排氣中的含氧感知器讀數與預期不符",
			"a reading of the exhaust gas sensor that it did not expect"}
	case at == 87 || at == 88 || at >= 180 && at <= 195:
		return saying{"燃油压力与预期不符", "燃油壓力與預期不符", "that the fuel pressure is not as expected"}
	case at >= 100 && at <= 109:
		return saying{"进气量的读数与预期不符", "進氣量的讀數與預期不符", "a reading of the air the engine takes in that it did not expect"}
	case at >= 110 && at <= 114:
		return saying{"进气温度的读数与预期不符", "進氣溫度的讀數與預期不符", "a reading of the intake air temperature that it did not expect"}
	case at >= 115 && at <= 119, at >= 125 && at <= 128:
		return saying{"冷却液温度的读数与预期不符", "冷卻液溫度的讀數與預期不符", "a coolant temperature that it did not expect"}
	case at >= 120 && at <= 124:
		return saying{"油门或节气门位置的读数与预期不符", "油門或節氣門位置的讀數與預期不符",
			"a position of accelerator or throttle that it did not expect"}
	case at == 171 || at == 174:
		return saying{"发动机的空气偏多或燃油偏少", "引擎的空氣偏多或燃油偏少", "that the engine gets rather much air or rather little fuel"}
	case at == 172 || at == 175:
		return saying{"发动机的燃油偏多或空气偏少", "引擎的燃油偏多或空氣偏少", "that the engine gets rather much fuel or rather little air"}
	}
	return saying{"发动机的供油或进气与预期不符", "引擎的供油或進氣與預期不符", "that the engine's fuel or air supply is not as expected"}
}

// fuelSays words P0200 to P0299.
func fuelSays(at int) saying {
	switch {
	case at == 217 || at == 218:
		return saying{"温度偏高", "溫度偏高", "a rather high temperature"}
	case at >= 234 && at <= 250 || at == 299:
		return saying{"涡轮增压压力与预期不符", "渦輪增壓壓力與預期不符", "that the turbocharger's pressure is not as expected"}
	case at >= 220 && at <= 229:
		return saying{"油门或节气门位置的读数与预期不符", "油門或節氣門位置的讀數與預期不符",
			"a position of accelerator or throttle that it did not expect"}
	}
	return saying{"发动机的喷油与预期不符", "引擎的噴油與預期不符", "that the engine's fuel injection is not as expected"}
}

// ignitionSays words P0313 to P0399.
func ignitionSays(at int) saying {
	switch {
	case at >= 324 && at <= 334:
		return saying{"爆震传感器的读数与预期不符", "爆震感知器的讀數與預期不符", "a reading of the sensor that listens to the engine that it did not expect"}
	case at >= 335 && at <= 349, at >= 365 && at <= 394:
		return saying{"发动机转动位置的读数与预期不符", "引擎轉動位置的讀數與預期不符", "a reading of the engine's rotation that it did not expect"}
	}
	return saying{"发动机点火与预期不符", "引擎點火與預期不符", "that the engine's ignition is not as expected"}
}

// emissionSays words P0400 to P0499.
func emissionSays(at int) saying {
	switch {
	case at <= 409 || at >= 486 && at <= 490:
		return saying{"废气再循环的流量与预期不符", "廢氣再循環的流量與預期不符", "that less or more exhaust gas is led back than expected"}
	case at >= 420 && at <= 439:
		return saying{"尾气净化的效果低于预期", "廢氣淨化的效果低於預期", "that the exhaust gas is cleaned less well than expected"}
	case at == 442 || at >= 455 && at <= 457:
		return saying{"燃油蒸气系统可能有泄漏，有时只是油箱盖没有拧紧", "燃油蒸氣系統可能有洩漏，有時只是油箱蓋沒有旋緊",
			"a possible leak of fuel vapour; sometimes it is only the fuel cap"}
	case at >= 440 && at <= 459, at >= 496 && at <= 499:
		return saying{"燃油蒸气系统与预期不符", "燃油蒸氣系統與預期不符", "that the fuel vapour system does not work as expected"}
	case at >= 460 && at <= 464:
		return saying{"油量的读数与预期不符", "油量的讀數與預期不符", "a fuel level reading that it did not expect"}
	case at >= 480 && at <= 485, at >= 491 && at <= 495:
		return saying{"冷却风扇的工作与预期不符", "冷卻風扇的運作與預期不符", "that a cooling fan does not work as expected"}
	}
	return saying{"排放控制系统与预期不符", "排放控制系統與預期不符", "that its emission control does not work as expected"}
}

// inputSays words P0500 to P0699.
func inputSays(at int) saying {
	switch {
	case at <= 503:
		return saying{"车速的读数与预期不符", "車速的讀數與預期不符", "a reading of the road speed that it did not expect"}
	case at >= 505 && at <= 519:
		return saying{"怠速与预期不符", "怠速與預期不符", "that the engine idles faster or slower than expected"}
	case at >= 520 && at <= 524:
		return saying{"机油压力的读数与预期不符", "機油壓力的讀數與預期不符", "an oil pressure reading that it did not expect"}
	case at >= 560 && at <= 563, at >= 620 && at <= 626:
		return saying{"供电电压与预期不符，可能与电池或发电机有关", "供電電壓與預期不符，可能與電瓶或發電機有關",
			"a supply voltage that it did not expect; battery or alternator may be the reason"}
	case at >= 600:
		return saying{"一个控制单元的自检与预期不符", "一個控制單元的自我檢測與預期不符", "that a self-test of one of its control units did not end as expected"}
	}
	return saying{"一个开关或传感器的读数与预期不符", "一個開關或感知器的讀數與預期不符", "a reading of a switch or sensor that it did not expect"}
}

// laterSays words P2xxx and P3xxx by the system they name.
func laterSays(code string) saying {
	switch code[:3] {
	case "P23":
		return ignitionSays(350)
	case "P26":
		return inputSays(600)
	case "P27", "P28":
		return engineSays(700)
	case "P24", "P20":
		return emissionSays(410)
	case "P34":
		return saying{"停缸功能与预期不符", "停缸功能與預期不符", "that switching off cylinders does not work as expected"}
	}
	return airSays(0)
}

func chassisSays(n int) saying {
	if n >= 0x0030 && n <= 0x0069 {
		return saying{"车轮转速的读数与预期不符，可能与防抱死制动有关", "車輪轉速的讀數與預期不符，可能與防鎖死煞車有關",
			"a wheel speed reading that it did not expect; the anti-lock brakes may be concerned"}
	}
	return saying{"制动、转向或悬架有一项数值与预期不符", "煞車、轉向或懸吊有一項數值與預期不符",
		"a value of brakes, steering or suspension that it did not expect"}
}

func bodySays(n int) saying {
	if n >= 0x0001 && n <= 0x00FF {
		return saying{"安全气囊或安全带系统有一项数值与预期不符", "安全氣囊或安全帶系統有一項數值與預期不符",
			"a value of airbags or seat belts that it did not expect"}
	}
	return saying{"车身设备有一项提示，例如空调、车门或灯光", "車身設備有一則提示，例如空調、車門或燈光",
		"a note about comfort or body equipment, such as climate, doors or lights"}
}

func networkSays(code string) saying {
	if code[1] == '0' && (code[2] == '1' || code[2] == '2') {
		return saying{"一个控制单元暂时没有应答", "一個控制單元暫時沒有回應", "that one of its control units did not answer for a while"}
	}
	return saying{"控制单元之间的通信与预期不符", "控制單元之間的通訊與預期不符", "that its control units do not exchange data as expected"}
}
