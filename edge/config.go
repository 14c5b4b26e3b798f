package edge

import (
	"time"

	"pitlane/edge/job"
)

// Config is one node's configuration file: TOML, strict.
type Config struct {
	// Data is the node's folder; relative to the file, "" is the file's folder.
	Data string `toml:"data"`
	// Node and Role must be those of the folder; "" takes the folder's.
	Node      string   `toml:"node"`
	Role      string   `toml:"role"`
	Shop      string   `toml:"shop"` // the name customers know
	Languages []string `toml:"languages"`
	Timezone  string   `toml:"timezone"` // IANA name; "" is the machine's
	MaxSizeMB int64    `toml:"max_size_mb"`

	HTTP    HTTPConfig     `toml:"http"`
	Bay     BayConfig      `toml:"bay"`
	Scanner *ScannerConfig `toml:"scanner"`
	Cabinet *CabinetConfig `toml:"cabinet"`
	Link    []LinkConfig   `toml:"link"`
	Broker  *BrokerConfig  `toml:"broker"`
	Person  []PersonConfig `toml:"person"`
	Order   OrderConfig    `toml:"order"`
	Price   []PriceConfig  `toml:"price"`
	Peer    []PeerConfig   `toml:"peer"`

	Retention RetentionConfig `toml:"retention"`
	Trim      TrimConfig      `toml:"trim"`

	// File is where the configuration was read from.
	File string `toml:"-"`
}

// RetentionConfig says how long the data of a closed visit is kept, in days. 0 is the
// house's rule: contact 90, work 365, which is also the least for work.
type RetentionConfig struct {
	ContactDays int `toml:"contact_days"`
	WorkDays    int `toml:"work_days"`
}

func (r RetentionConfig) keep() job.Retention {
	const day = 24 * time.Hour
	keep := job.Retention{Contact: 90 * day, Work: 365 * day}
	if r.ContactDays > 0 {
		keep.Contact = time.Duration(r.ContactDays) * day
	}
	if r.WorkDays > 0 {
		keep.Work = time.Duration(r.WorkDays) * day
	}
	return keep
}

// HTTPConfig says where screens are served, and under which names.
type HTTPConfig struct {
	Listen string   `toml:"listen"`
	Hosts  []string `toml:"hosts"` // host:port as in the address bar; listen is always among them
	// Public is the address by which customers' phones reach this edge, for the QR code
	// of a receipt: https://receipts.example. By a name that is not in Hosts only receipts
	// and the page that checks them are served. "" is the address of the asking screen.
	Public string `toml:"public"`
}

// BayConfig names this edge's bay; no name, no bay.
type BayConfig struct {
	Name string `toml:"name"`
}

// ScannerConfig is the OBD adapter of this edge.
type ScannerConfig struct {
	Port     string `toml:"port"`
	Baud     int    `toml:"baud"`
	Backend  string `toml:"backend"`  // bugst, tarm
	Protocol string `toml:"protocol"` // auto, 1..C
	// BaudRaise makes the line faster while the edge runs, where the adapter follows;
	// left out it is on.
	BaudRaise *bool `toml:"baud_raise"`
}

// CabinetConfig is the key cabinet of this edge.
type CabinetConfig struct {
	Name       string `toml:"name"`
	Driver     string `toml:"driver"` // kerong-cu16, lock-8a, modbus
	Port       string `toml:"port"`
	Baud       int    `toml:"baud"`
	Backend    string `toml:"backend"`
	Boards     []int  `toml:"boards"`
	Slots      int    `toml:"slots"`
	HookClosed *int   `toml:"hook_closed"` // 0 or 1: the bit of a closed hook
	KeyPresent *int   `toml:"key_present"` // 0 or 1: the bit of a key that is there; 1 when left out
	KeyInput   int    `toml:"key_input"`   // modbus: the first input with a key sensor, from 0; 0: none
	Pulse      string `toml:"pulse"`       // modbus: timed, or host (a lock stays driven when this machine dies meanwhile)
	Echo       string `toml:"echo"`        // auto, none, strip
	// Commissioned is the file that `pitlane keys commission` wrote, relative to Data;
	// "" takes cabinet.json where it is there. What it says goes before the fields above.
	Commissioned string `toml:"commissioned"`
	// Line are more lines with boards; their slots count on. Reader are tag readers.
	Line   []LineConfig   `toml:"line"`
	Reader []ReaderConfig `toml:"reader"`

	CabinetRules
}

// LineConfig is one more line of a cabinet, as commissioned.
type LineConfig struct {
	Commissioned string `toml:"commissioned"`
	Backend      string `toml:"backend"`
}

// ReaderConfig is a tag reader of the cabinet.
type ReaderConfig struct {
	Driver  string `toml:"driver"` // rdm6300, id-12la
	Port    string `toml:"port"`
	Baud    int    `toml:"baud"`
	Backend string `toml:"backend"`
	Slot    int    `toml:"slot"` // the slot it sits in; 0: one for the whole cabinet
}

// CabinetRules are how a cabinet is used and how it hangs.
type CabinetRules struct {
	DoorLimit Duration `toml:"door_limit"` // how long a slot may stand open; 0 is a minute
	Overdue   Duration `toml:"overdue"`    // how long a key may be away for work; 0 is ten hours
	Floating  bool     `toml:"floating"`   // a key hangs wherever its tag is read
	Rows      int      `toml:"rows"`       // as it hangs on the wall
	Columns   int      `toml:"columns"`
}

// layout is the cabinet's rules, also where there is no cabinet.
func (c *Config) layout() CabinetRules {
	if c.Cabinet == nil {
		return CabinetRules{}
	}
	return c.Cabinet.CabinetRules
}

// LinkConfig is one broker that this node talks to. The password is the node's
// own (keys/link.secret).
type LinkConfig struct {
	Name string `toml:"name"`
	URL  string `toml:"url"`  // tls://host:8883; tcp://127.0.0.1:1883 on this machine
	Kind string `toml:"kind"` // lan: all nodes of the shop; central: head office only
	User string `toml:"user"` // "" is the node's name
	// ServerName is the node whose certificate the broker shows; "" is the url's host.
	ServerName string `toml:"server_name"`
}

// BrokerConfig starts the embedded broker beside this edge.
type BrokerConfig struct {
	Listen string `toml:"listen"`
	Passwd string `toml:"passwd"` // "" is broker.passwd in the node's folder, else in the shop's
	TLS    *bool  `toml:"tls"`    // left out: on, except on loopback
}

// Secure says whether the broker speaks TLS: always where others than this machine
// can reach it.
func (b *BrokerConfig) Secure() bool {
	return b.TLS != nil && *b.TLS || !loopback(b.Listen)
}

// PersonConfig is a staff member.
type PersonConfig struct {
	ID   string `toml:"id"`
	Name string `toml:"name"`
	Role string `toml:"role"` // SA TE DI IN CA
}

// OrderConfig is what orders say beside their lines.
type OrderConfig struct {
	Currency     string   `toml:"currency"`
	Promise      Duration `toml:"promise"`
	WarrantyDays int      `toml:"warranty_days"`
}

// PriceConfig is one line of the price list.
type PriceConfig struct {
	ID     string            `toml:"id"`
	Amount int64             `toml:"amount"` // in the smallest unit of the currency
	For    []string          `toml:"for"`    // purposes; none means all
	Text   map[string]string `toml:"text"`   // by language
}

// PeerConfig names the bay of another node before it was ever heard of.
type PeerConfig struct {
	Node string `toml:"node"`
	Bay  string `toml:"bay"`
}

// Duration is a length of time as people write it: "90s", "4h".
type Duration struct{ time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(b))
	return err
}

// fill puts the defaults where nothing is said.
func (c *Config) fill() {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&c.Shop, "pitlane")
	def(&c.HTTP.Listen, "127.0.0.1:8080")
	if len(c.Languages) == 0 {
		c.Languages = languages()
	}
	if s := c.Scanner; s != nil {
		def(&s.Backend, "bugst")
		def(&s.Protocol, "auto")
	}
	if k := c.Cabinet; k != nil {
		def(&k.Name, "cabinet")
		def(&k.Driver, "kerong-cu16")
		def(&k.Backend, "bugst")
	}
	for i := range c.Link {
		def(&c.Link[i].Name, "link-"+string(rune('1'+i%9)))
		def(&c.Link[i].Kind, "lan")
	}
	def(&c.Order.Currency, "CNY")
	if c.Order.Promise.Duration == 0 {
		c.Order.Promise.Duration = 4 * time.Hour
	}
	if c.Order.WarrantyDays == 0 {
		c.Order.WarrantyDays = 90
	}
	if len(c.Price) == 0 {
		c.Price = defaultPrices()
	}
}

func languages() []string { return []string{"zh-Hans", "zh-Hant", "en"} }

// defaultPrices let a shop open before it has written its price list.
func defaultPrices() []PriceConfig {
	return []PriceConfig{
		{ID: "diagnosis", Amount: 10000, Text: map[string]string{
			"zh-Hans": "故障诊断(读取故障码与数据)", "zh-Hant": "故障診斷(讀取故障碼與數據)", "en": "Diagnosis: reading trouble codes and data"}},
		{ID: "maintenance", Amount: 38000, For: []string{"maintenance"}, Text: map[string]string{
			"zh-Hans": "常规保养(机油、机滤、检查)", "zh-Hant": "定期保養(機油、機油芯、檢查)", "en": "Regular service: oil, filter, checks"}},
		{ID: "repair", Amount: 20000, For: []string{"repair"}, Text: map[string]string{
			"zh-Hans": "检修工时(按诊断结果)", "zh-Hant": "檢修工時(按診斷結果)", "en": "Repair work as the diagnosis shows"}},
	}
}
