package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// maxVehicleFile bounds a vehicle file: outside bytes.
const maxVehicleFile = 16 << 20

// VehicleFile reads a recorded vehicle and plays it: what was asked then is
// answered as then, with the recorded lines.
func VehicleFile(path string) (Car, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxVehicleFile {
		err = fmt.Errorf("the file is larger than %d bytes", maxVehicleFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read vehicle file: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read vehicle file: %w", err)
	}
	c, err := parseVehicle(filepath.Base(path), data)
	if err != nil {
		return nil, fmt.Errorf("read vehicle file %s: %w", path, err)
	}
	return c, nil
}

// transcript is the part of a vehicle file that is played.
type transcript struct {
	Schema   string   `json:"schema"`
	Protocol []string `json:"protocol"`
	Settings struct {
		Headers bool `json:"headers"`
		Spaces  bool `json:"spaces"`
	} `json:"adapter_settings"`
	Exchanges []exchange `json:"exchanges"`
}

type exchange struct {
	Request string   `json:"request"`
	Header  string   `json:"header"`
	Lines   []string `json:"lines"`
	Raw     string   `json:"raw"`
	Headers *bool    `json:"headers"`
	Echo    bool     `json:"echo"`
}

// recorded is a car from a file.
type recorded struct {
	title  string
	protos []string
	by     map[string][]exchange
	next   map[string]int
}

var _ Car = (*recorded)(nil)

func parseVehicle(title string, data []byte) (*recorded, error) {
	var t transcript
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if t.Schema != "pitlane-transcript/1" {
		return nil, fmt.Errorf("schema %q is not pitlane-transcript/1", t.Schema)
	}
	c := &recorded{title: title, by: make(map[string][]exchange), next: make(map[string]int)}
	for _, p := range t.Protocol {
		if protocolName(p) != "" {
			c.protos = append(c.protos, p)
		}
	}
	if len(c.protos) == 0 {
		c.protos = []string{"6"}
	}
	for _, e := range t.Exchanges {
		r := normal(e.Request)
		c.by[r] = append(c.by[r], e)
	}
	return c, nil
}

// Title implements Car.
func (c *recorded) Title() string { return c.title }

// Protocols implements Car.
func (c *recorded) Protocols() []string { return c.protos }

// Answer implements Car.
func (c *recorded) Answer(r Request) Reply {
	key := fmt.Sprintf("%X", r.Data)
	list := c.by[key]
	if len(list) == 0 {
		return Reply{}
	}
	e := list[c.next[key]%len(list)]
	c.next[key]++
	return Reply{Lines: e.Lines}
}
