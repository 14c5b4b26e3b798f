package obd

import "testing"

func TestTheTablesOfCodesMakeSense(t *testing.T) {
	for _, c := range readCodeTables().complaints {
		t.Error(c)
	}
	for key, p := range codeTexts().parts {
		if p.say == "" {
			t.Errorf("part %s says nothing", key)
		}
	}
}

func TestEveryWordOfTheTablesIsUsed(t *testing.T) {
	tables := readCodeTables()
	parts, modes, says := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range tables.entries {
		parts[e.part.en+e.part.hans], modes[e.mode.en+e.mode.hans] = true, true
		says[e.part.say], says[e.mode.say] = true, true
		says[e.part.say+"cyl"] = true
	}
	for _, s := range tables.systems {
		says[s.say] = true
	}
	for _, key := range []string{"unknown", "makerP", "makerC", "makerB", "makerU"} {
		says[key] = true
	}
	for key, p := range tables.parts {
		if !parts[p.en+p.hans] {
			t.Errorf("no code is about %s", key)
		}
	}
	for key, m := range tables.modes {
		if !modes[m.en+m.hans] {
			t.Errorf("no code is reported as %s", key)
		}
	}
	for key := range tables.says {
		if !says[key] {
			t.Errorf("no customer is told %s", key)
		}
	}
}
