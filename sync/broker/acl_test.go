package broker

import "testing"

func TestAnyFilterThatIsGrantedMatchesOnlyWhatMayBeRead(t *testing.T) {
	for filter, want := range map[string]bool{
		"pitlane/v1/+/up/#":              true,
		"pitlane/v1/+/up/have":           true,
		"pitlane/v1/demo-bay-2/up/#":     true,
		"pitlane/v1/demo-bay-1/down/#":   true,
		"pitlane/v1/demo-bay-1/down/to":  true,
		"pitlane/v1/demo-bay-2/down/to":  false,
		"pitlane/v1/+/down/to":           false,
		"pitlane/v1/#":                   false,
		"pitlane/v1/+/+/have":            false,
		"pitlane/v1/demo-bay-1/#":        false,
		"pitlane/v1/demo-bay-1/up":       false,
		"pitlane/v2/demo-bay-1/up/have":  false,
		"+/v1/demo-bay-1/up/have":        false,
		"":                               false,
		"pitlane/v1/demo-bay-1+/up/have": false,
	} {
		if got := mayRead("demo-bay-1", filter); got != want {
			t.Errorf("mayRead(%q) = %v, want %v", filter, got, want)
		}
	}
}
