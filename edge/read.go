package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// ConfigError says what is wrong in a configuration file, where, and what to do.
type ConfigError struct {
	File    string
	Line    int // 0 where it is not one place
	Column  int
	Message string
	Hint    string
	Err     error
}

func (e *ConfigError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.File, e.Message)
}

// Unwrap gives the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// NextStep is the hint, for whoever prints the error in one line.
func (e *ConfigError) NextStep() string { return e.Hint }

// ReadConfig reads and checks a configuration file. Its error is a *ConfigError.
func ReadConfig(file string) (Config, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		cause := err
		if p, ok := errors.AsType[*fs.PathError](err); ok {
			cause = p.Err // it names the file, as this error does
		}
		return Config{}, &ConfigError{File: file, Message: "cannot read the configuration: " + cause.Error(), Err: err,
			Hint: "name an existing file with --config; `pitlane shop add` writes one into the node's folder"}
	}
	return ParseConfig(file, body)
}

// ParseConfig is ReadConfig on the bytes of a file.
func ParseConfig(file string, body []byte) (Config, error) {
	c := Config{File: file}
	if err := toml.NewDecoder(bytes.NewReader(body)).DisallowUnknownFields().Decode(&c); err != nil {
		return c, located(file, err)
	}
	c.File = file
	c.fill()
	if c.Data == "" {
		c.Data = "."
	}
	if !filepath.IsAbs(c.Data) {
		c.Data = filepath.Join(filepath.Dir(file), c.Data)
	}
	if message, hint := c.check(); message != "" {
		return c, &ConfigError{File: file, Message: message, Hint: hint}
	}
	return c, nil
}

// located brings the two kinds of TOML errors into ours.
func located(file string, err error) *ConfigError {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, column := first.Position()
		key := strings.Join(first.Key(), ".")
		return &ConfigError{File: file, Line: line, Column: column, Err: err,
			Message: "unknown key " + key, Hint: nearest(key, knownKeys(reflect.TypeFor[Config](), ""))}
	}
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := bad.Position()
		return &ConfigError{File: file, Line: line, Column: column, Err: err,
			Message: strings.TrimPrefix(bad.Error(), "toml: "), Hint: "compare the line with the guide, or with the file that `pitlane shop add` writes"}
	}
	return &ConfigError{File: file, Message: err.Error(), Hint: "compare it with the file that `pitlane shop add` writes", Err: err}
}

// knownKeys are all keys a configuration may have, from the types that read it.
func knownKeys(t reflect.Type, prefix string) []string {
	keys := []string{}
	for f := range t.Fields() {
		name := f.Tag.Get("toml")
		if name == "-" || name == "" {
			continue
		}
		keys = append(keys, prefix+name)
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[Duration]() {
			keys = append(keys, knownKeys(inner, prefix+name+".")...)
		}
	}
	return keys
}

// nearest names the known key that was probably meant.
func nearest(key string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if d := distance(key, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	table := key[:max(strings.LastIndex(key, "."), 0)]
	beside := slices.DeleteFunc(slices.Clone(known), func(k string) bool {
		return k[:max(strings.LastIndex(k, "."), 0)] != table
	})
	if len(beside) == 0 {
		return "remove it"
	}
	return "remove it; known here: " + strings.Join(beside, ", ")
}

// distance is how many letters differ (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// check holds what the file's form cannot say.
func (c *Config) check() (message, hint string) {
	if _, _, err := net.SplitHostPort(c.HTTP.Listen); err != nil {
		return "http.listen is not host:port", `write it as "127.0.0.1:8080"`
	}
	for _, h := range c.HTTP.Hosts {
		if h == "" || strings.ContainsAny(h, "/*@ ") {
			return "http.hosts: " + h + " is not a host", `write host:port as in the address bar, e.g. "reception.local:8080"`
		}
	}
	if message, hint = c.HTTP.checkPublic(); message != "" {
		return message, hint
	}
	if c.MaxSizeMB < 0 || c.MaxSizeMB == 1 {
		return "max_size_mb is too small for a journal", "allow 2 or more, or leave it out: then the disk is the limit"
	}
	if c.Role != "" && !slices.Contains([]string{"bay", "reception"}, c.Role) {
		return "role is " + c.Role, "an edge is a bay or a reception"
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return "timezone is not known", `use a name like "Asia/Shanghai", or leave it out`
	}
	for _, l := range c.Languages {
		if !slices.Contains(languages(), l) {
			return "languages: " + l + " is not spoken here", "use " + strings.Join(languages(), ", ")
		}
	}
	if r := c.Retention; r.ContactDays < 0 || r.WorkDays < 0 || r.WorkDays > 0 && r.WorkDays < 365 {
		return "retention: contact_days is negative, or work_days below 365", "leave them out for 90 and 365 days; the record of the work is kept a year at least"
	}
	for _, part := range []func() (string, string){c.checkDevices, c.checkLinks, c.checkPeople, c.checkPrices} {
		if message, hint = part(); message != "" {
			return message, hint
		}
	}
	return "", ""
}

func (c *Config) checkDevices() (message, hint string) {
	if s := c.Scanner; s != nil {
		if s.Port == "" {
			return "scanner.port is missing", "name the line, best below /dev/serial/by-id, or remove [scanner]"
		}
		if !slices.Contains([]string{"bugst", "tarm"}, s.Backend) {
			return "scanner.backend is " + s.Backend, "use bugst (default) or tarm"
		}
		if c.Bay.Name == "" {
			return "a scanner needs a bay", `add [bay] name = "1"`
		}
	}
	if k := c.Cabinet; k != nil {
		switch {
		case k.Port == "" && k.Commissioned == "" && !c.isCommissioned():
			return "cabinet.port is missing", "name the line, best below /dev/serial/by-id, or commission the cabinet: pitlane keys commission --data DIR"
		case !slices.Contains([]string{"bugst", "tarm"}, k.Backend):
			return "cabinet.backend is " + k.Backend, "use bugst (default) or tarm"
		case k.HookClosed != nil && *k.HookClosed != 0 && *k.HookClosed != 1:
			return "cabinet.hook_closed is neither 0 nor 1", "commission the cabinet instead: pitlane keys commission"
		case k.DoorLimit.Duration < 0 || k.Overdue.Duration < 0:
			return "cabinet: a length of time is negative", `write door_limit = "60s" and overdue = "10h"`
		case k.Rows < 0 || k.Columns < 0:
			return "cabinet.rows or cabinet.columns is negative", "count the slots as the cabinet hangs on the wall"
		}
	}
	return "", ""
}

// isCommissioned says that the node's folder holds a commissioning file: it names the line.
func (c *Config) isCommissioned() bool {
	_, err := os.Stat(filepath.Join(c.Data, commissionFile))
	return err == nil
}

func (c *Config) checkPeople() (message, hint string) {
	seen := map[string]bool{}
	for _, p := range c.Person {
		switch {
		case p.ID == "":
			return "person.id is missing", "give each [[person]] a short id"
		case seen[p.ID]:
			return "person.id " + p.ID + " is used twice", "give each [[person]] an id of its own"
		case !slices.Contains([]string{"SA", "TE", "DI", "IN", "CA"}, p.Role):
			return "person.role of " + p.ID + " is not known", "use SA (advisor), TE (technician), DI (dispatcher), IN (inspector) or CA (cashier)"
		}
		seen[p.ID] = true
	}
	return "", ""
}

func (c *Config) checkPrices() (message, hint string) {
	if c.Order.Promise.Duration < 0 || c.Order.WarrantyDays < 0 {
		return "order: a length of time is negative", `write promise = "4h" and warranty_days = 90`
	}
	seen := map[string]bool{}
	for _, p := range c.Price {
		switch {
		case p.ID == "" || seen[p.ID]:
			return "price.id is missing or used twice", "give each [[price]] an id of its own"
		case p.Amount < 0:
			return "price.amount of " + p.ID + " is negative", "write it in the smallest unit, e.g. 10000 for 100.00"
		case p.Text["zh-Hans"] == "":
			return "price.text of " + p.ID + " has no zh-Hans", "give the text in each language that the kiosk speaks"
		}
		seen[p.ID] = true
	}
	return "", ""
}
