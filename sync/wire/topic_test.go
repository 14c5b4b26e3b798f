package wire_test

import (
	"testing"

	"pitlane/sync/wire"
)

func TestTopicNamesAreBuiltAndParsed(t *testing.T) {
	for name, want := range map[string]wire.Topic{
		"pitlane/v1/demo-bay-1/up/log":           {Node: "demo-bay-1", Kind: wire.Log},
		"pitlane/v1/demo-bay-1/up/to/demo-bay-2": {Node: "demo-bay-1", Kind: wire.To, To: "demo-bay-2"},
		"pitlane/v1/demo-bay-1/up/have":          {Node: "demo-bay-1", Kind: wire.HaveOf},
		"pitlane/v1/demo-bay-1/up/live":          {Node: "demo-bay-1", Kind: wire.LiveOf},
		"pitlane/v1/demo-bay-1/up/online":        {Node: "demo-bay-1", Kind: wire.OnLine},
		"pitlane/v1/demo-bay-1/down/to":          {Node: "demo-bay-1", Down: true, Kind: wire.To},
		"pitlane/v1/demo-bay-1/down/have":        {Node: "demo-bay-1", Down: true, Kind: wire.HaveOf},
	} {
		got, err := wire.ParseTopic(name)
		if err != nil || got != want {
			t.Errorf("ParseTopic(%q) = %+v, %v, want %+v", name, got, err, want)
		}
		if got.String() != name {
			t.Errorf("String() = %q, want %q", got, name)
		}
	}
}

func TestOtherTopicNamesAreRefused(t *testing.T) {
	for _, name := range []string{
		"", "/", "pitlane/v1/", "pitlane/v2/demo-bay-1/up/log", "pitlane/v1/demo-bay-1/up", "pitlane/v1/demo-bay-1/up/",
		"pitlane/v1/demo-bay-1/up/to", "pitlane/v1/demo-bay-1/up/to/", "pitlane/v1/demo-bay-1/down/to/demo-bay-2",
		"pitlane/v1/demo-bay-1/up/log/x", "pitlane/v1/demo-bay-1/sideways/log", "pitlane/v1/Demo/up/log", "pitlane/v1/de/up/log",
		"pitlane/v1/+/up/log", "pitlane/v1/demo-bay-1/up/to/a/b", "pitlane/v1/demo-bay-1/up/have ",
	} {
		if topic, err := wire.ParseTopic(name); err == nil {
			t.Errorf("ParseTopic(%q) = %+v, want an error", name, topic)
		}
	}
}

func FuzzTopic(f *testing.F) {
	f.Add("pitlane/v1/demo-bay-1/up/to/demo-bay-2")
	f.Fuzz(func(t *testing.T, name string) {
		if topic, err := wire.ParseTopic(name); err == nil && topic.String() != name {
			t.Errorf("%q is parsed but would be written %q", name, topic)
		}
	})
}

func TestOnlyThisMachinesBrokerIsAcceptedInClear(t *testing.T) {
	for url, ok := range map[string]bool{
		"tcp://127.0.0.1:1883":   true,
		"tcp://localhost:1883":   true,
		"tcp://[::1]:1883":       true,
		"tls://127.0.0.9:8883":   true,
		"tcp://192.168.1.4:1883": false,
		"tls://broker.shop:8883": true,
		"mqtts://192.0.2.1:8883": true,
		"tls://broker.shop":      false,
		"ssl://127.0.0.1:8883":   false,
		"tcp://0.0.0.0:1883":     false,
		"ws://127.0.0.1:80":      false,
		"127.0.0.1:1883":         false,
		"tcp://127.0.0.1":        false,
		"":                       false,
	} {
		if err := wire.CheckURL(url); (err == nil) != ok {
			t.Errorf("CheckURL(%q) = %v", url, err)
		}
	}
}
