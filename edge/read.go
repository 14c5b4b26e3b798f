package edge

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pitlane/edge/shop"
)

// ConfigError says what is wrong in a configuration file, where, and what to do.
type ConfigError = shop.ConfigError

// ReadConfig reads and checks a configuration file. Its error is a *ConfigError.
func ReadConfig(file string) (Config, error) {
	body, err := shop.ReadConfig(file)
	if err != nil {
		return Config{}, err
	}
	return ParseConfig(file, body)
}

// ParseConfig is ReadConfig on the bytes of a file.
func ParseConfig(file string, body []byte) (Config, error) {
	c := Config{File: file}
	if err := shop.ParseConfig(file, body, &c); err != nil {
		return c, err
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
