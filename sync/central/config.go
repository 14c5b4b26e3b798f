package central

import (
	"net"
	"path/filepath"
	"time"

	"pitlane/edge/shop"
	"pitlane/sync/wire"
)

// Config is head office's configuration file: TOML, strict.
type Config struct {
	// Data is the node's folder, as `pitlane shop add --role central` makes it;
	// relative to the file, "" is the file's folder.
	Data string `toml:"data"`
	// Listen is where the office screens are served.
	Listen string `toml:"listen"`
	// Hosts are further names of this address, host:port as in the address bar.
	Hosts []string `toml:"hosts"`
	// Database is the SQLite file, relative to the node's folder.
	Database string       `toml:"database"`
	Link     []LinkConfig `toml:"link"`

	// Listener, where it is set, is used in place of Listen.
	Listener net.Listener `toml:"-"`
	// Floor and Ceiling bound the wait before a new connection: 1 s and 60 s.
	Floor   time.Duration `toml:"-"`
	Ceiling time.Duration `toml:"-"`
	// CosignEvery is how often the logs of the shop are cosigned where they have grown: a
	// minute. What promises something to a customer is cosigned at once.
	CosignEvery time.Duration `toml:"-"`
}

// LinkConfig is one broker on which the shop's nodes are heard.
type LinkConfig struct {
	URL string `toml:"url"` // tls://host:8883; tcp://127.0.0.1:1883 on this machine
	// ServerName is the node whose certificate the broker shows; "" is the url's host.
	ServerName string `toml:"server_name"`
}

// ConfigError says what is wrong in a configuration file, where, and what to do.
type ConfigError = shop.ConfigError

// Template is the configuration file of a new head office: a text/template with
// the fields Shop, Node, Role and Dir (what edge/shop's Add fills in).
func Template() string {
	return `# Configuration of {{.Node}}. Unknown keys are refused.
# data = "."                  # the node's folder, beside this file
listen = "127.0.0.1:8090"
hosts = []                    # other names of this address, as host:port in the address bar
database = "central.db"

[[link]]
url = "tcp://127.0.0.1:1883"  # on another machine tls://demo-reception:8883
# server_name = "demo-reception"  # where the url has an address for a name
`
}

// ReadConfig reads and checks a configuration file. Its error is a *ConfigError.
func ReadConfig(file string) (Config, error) {
	body, err := shop.ReadConfig(file)
	if err != nil {
		return Config{}, err
	}
	var c Config
	if err := shop.ParseConfig(file, body, &c); err != nil {
		return c, err
	}
	if !filepath.IsAbs(c.Data) {
		c.Data = filepath.Join(filepath.Dir(file), c.Data)
	}
	if c.Listen == "" {
		return c, &ConfigError{File: file, Message: "listen is missing", Hint: `write listen = "127.0.0.1:8090"`}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return c, &ConfigError{File: file, Message: "listen is not an address", Hint: `write listen = "127.0.0.1:8090"`, Err: err}
	}
	if len(c.Link) == 0 {
		return c, &ConfigError{File: file, Message: "there is no [[link]]: head office would hear nobody", Hint: "write [[link]] with url = \"tcp://127.0.0.1:1883\""}
	}
	for _, l := range c.Link {
		if err := wire.CheckURL(l.URL); err != nil {
			return c, &ConfigError{File: file, Message: err.Error(), Hint: `write [[link]] with url = "tls://demo-reception:8883", or "tcp://127.0.0.1:1883" on this machine`, Err: err}
		}
		if ip := net.ParseIP(wire.ServerName(l.URL, l.ServerName)); wire.Secure(l.URL) && ip != nil && !ip.IsLoopback() {
			return c, &ConfigError{File: file, Message: "link.server_name is missing",
				Hint: `certificates name nodes, not addresses: write server_name = "demo-reception", the node whose certificate the broker shows`}
		}
	}
	return c, nil
}

func (c *Config) fill() {
	if c.Database == "" {
		c.Database = "central.db"
	}
	if !filepath.IsAbs(c.Database) {
		c.Database = filepath.Join(c.Data, c.Database)
	}
	if c.Floor <= 0 {
		c.Floor = time.Second
	}
	if c.Ceiling < c.Floor {
		c.Ceiling = max(time.Minute, c.Floor)
	}
	if c.CosignEvery <= 0 {
		c.CosignEvery = time.Minute
	}
}
