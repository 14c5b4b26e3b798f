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
