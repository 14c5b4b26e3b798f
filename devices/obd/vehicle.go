package obd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Vehicle is a recorded vehicle: requests and replies of one car through one
// adapter, in the form that `pitlane scan --record` writes.
type Vehicle struct {
	Schema    string            `json:"schema"`
	Source    VehicleSource     `json:"source"`
	Vehicle   VehicleModel      `json:"vehicle"`
	Kind      string            `json:"kind"`
	Protocol  []string          `json:"protocol"`
	Adapter   *string           `json:"adapter"`
	Settings  VehicleSettings   `json:"adapter_settings"`
	Note      *string           `json:"note"`
	Supported json.RawMessage   `json:"supported,omitempty"`
	Exchanges []VehicleExchange `json:"exchanges"`
}

// VehicleSource says where a recording comes from.
type VehicleSource struct {
	Repo    string `json:"repo"`
	Path    string `json:"path"`
	Licence string `json:"licence"`
}

// VehicleModel names the car, as far as it is known.
type VehicleModel struct {
	Make  *string `json:"make"`
	Model *string `json:"model"`
	Year  *int    `json:"model_year,omitempty"`
}

// VehicleSettings says how the adapter was set during the recording.
type VehicleSettings struct {
	Headers bool `json:"headers"`
	Spaces  bool `json:"spaces"`
	Echo    bool `json:"echo"`
}

// VehicleExchange is one request and its reply, line by line without the prompt.
type VehicleExchange struct {
	Request  string         `json:"request"`
	Header   string         `json:"header,omitempty"`
	Receive  string         `json:"receive_address,omitempty"`
	Lines    []string       `json:"lines"`
	Expected map[string]any `json:"expected"`
	Headers  *bool          `json:"headers,omitempty"`
	Echo     *bool          `json:"echo,omitempty"`
	Spaces   *bool          `json:"spaces,omitempty"`
	Raw      string         `json:"raw,omitempty"`
	MS       int64          `json:"ms,omitempty"`
	Noisy    bool           `json:"noisy,omitempty"`
	Note     string         `json:"note,omitempty"`
}

// vehicleSchema is the only form there is so far.
const vehicleSchema = "pitlane-transcript/1"

// ParseVehicle reads a vehicle file.
func ParseVehicle(data []byte) (*Vehicle, error) {
	v := &Vehicle{}
	if err := json.Unmarshal(data, v); err != nil {
		return nil, fmt.Errorf("read the vehicle file: %w", err)
	}
	if !strings.HasPrefix(v.Schema, "pitlane-transcript/") || v.Schema != vehicleSchema {
		return nil, fmt.Errorf("read the vehicle file: its schema is %q, not %q", v.Schema, vehicleSchema)
	}
	return v, nil
}

// settings are those of exchange i: the file's, unless the exchange has its own.
func (v *Vehicle) settings(i int, protocol string) Settings {
	e := &v.Exchanges[i]
	set := Settings{Headers: v.Settings.Headers, Echo: v.Settings.Echo, Protocol: protocol, Receive: e.Receive}
	if e.Headers != nil {
		set.Headers = *e.Headers
	}
	if e.Echo != nil {
		set.Echo = *e.Echo
	}
	if set.Receive == "" && !set.Headers && e.Header != "" {
		set.Receive = answers(e.Header, v.Vehicle.maker())
	}
	return set
}

func (m VehicleModel) maker() string {
	if m.Make == nil {
		return ""
	}
	return strings.ToLower(*m.Make)
}

// answers is the address from which the unit that is asked at header answers, ""
// where that is not known: by ISO 15765-4 for the addresses of emission-related
// units, by the pairs that Renault and Nissan use for all others (0x20 apart).
func answers(header, maker string) string {
	header = strings.ToUpper(strings.ReplaceAll(header, " ", ""))
	at, err := strconv.ParseUint(header, 16, 32)
	switch {
	case err != nil:
		return ""
	case len(header) == 3 && at >= 0x7E0 && at <= 0x7E7:
		return fmt.Sprintf("%03X", at+8)
	case len(header) == 8 && at&0xFFFF00FF == 0x18DA00F1:
		return fmt.Sprintf("18DAF1%02X", at>>8&0xFF)
	case len(header) == 3 && at >= 0x700 && at < 0x7C0 && slices.Contains([]string{"renault", "dacia", "nissan", "infiniti"}, maker):
		return fmt.Sprintf("%03X", at+0x20)
	}
	return ""
}
