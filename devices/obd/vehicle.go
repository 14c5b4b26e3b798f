package obd

import (
	"encoding/json"
	"fmt"
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
	return set
}
