package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pitlane/edge/shop"
)

const shopName = "demo"

// bayNames are the bays of the laptop's shop; each is an edge of the same name.
func bayNames() []string { return []string{"bay-1", "bay-2"} }

// nodeNames are all nodes, in the order in which they start.
func nodeNames() []string { return append([]string{"reception", "central"}, bayNames()...) }

// addresses says who listens where, host:port.
type addresses struct {
	reception, central, broker string
	bays                       map[string]string
	tls                        bool // links and broker speak TLS
}

// link is how the nodes' configurations name the broker.
func (a addresses) link() string {
	if a.tls {
		return fmt.Sprintf("\n[[link]]\nurl = %q\nserver_name = %q\n", "tls://"+a.broker, shopName+"-reception")
	}
	return fmt.Sprintf("\n[[link]]\nurl = %q\n", "tcp://"+a.broker)
}

// addressesFrom lays the shop out from its port base, as documented.
func addressesFrom(base int) addresses {
	at := func(off int) string { return fmt.Sprintf("127.0.0.1:%d", base+off) }
	a := addresses{reception: at(0), central: at(10), broker: at(20), bays: map[string]string{}}
	for i, b := range bayNames() {
		a.bays[b] = at(i + 1)
	}
	return a
}

// foundShop makes the shop where there is none, and writes every node's
// configuration anew: ports and lines may differ from the last time. With
// ownBroker reception runs the embedded broker.
func foundShop(dir string, at addresses, dev *practice, ownBroker bool) error {
	err := found(dir, func(site string) error {
		if err := shop.Init(site, shopName); err != nil {
			return fmt.Errorf("make the shop: %w", err)
		}
		for _, node := range nodeNames() {
			if _, err := shop.Add(site, node, roleOf(node), ""); err != nil {
				return fmt.Errorf("add %s: %w", node, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, node := range nodeNames() {
		m, err := shop.Load(filepath.Join(dir, shopName+"-"+node))
		if err != nil || m.Role != roleOf(node) {
			return &usage{dir + " holds another shop", "name a folder that pitlane-sim has made, or an empty one"}
		}
	}
	return writeConfigs(dir, at, dev, ownBroker)
}

func roleOf(node string) string {
	switch node {
	case "reception":
		return shop.RoleReception
	case "central":
		return shop.RoleCentral
	}
	return shop.RoleBay
}

func writeConfigs(dir string, at addresses, dev *practice, ownBroker bool) error {
	reception := edgeConfig(at.reception, at) + fmt.Sprintf("\n[cabinet]\nport = %q\nhook_closed = 1\nrows = 4\ncolumns = 4\n", dev.lines["cabinet"].Path())
	if ownBroker {
		reception += fmt.Sprintf("\n[broker]\nlisten = %q\npasswd = %q\ntls = %v\n", at.broker, filepath.Join(dir, "broker.passwd"), at.tls)
	}
	files := map[string]string{
		"reception/edge.toml":  reception,
		"central/central.toml": fmt.Sprintf("listen = %q\n", at.central) + at.link(),
	}
	for bay, addr := range at.bays {
		files[bay+"/edge.toml"] = edgeConfig(addr, at) + fmt.Sprintf("\n[bay]\nname = %q\n\n[scanner]\nport = %q\nbaud = 38400\n", bay, dev.lines[bay].Path())
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, shopName+"-"+name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the configuration: %w", err)
		}
	}
	return nil
}

// edgeConfig is what all edges of the demo have in common.
func edgeConfig(listen string, at addresses) string {
	var b strings.Builder
	_, port, _ := strings.Cut(listen, ":")
	fmt.Fprintf(&b, "shop = \"pitlane 示范车间\"\n\n[http]\nlisten = %q\nhosts = [%q]\n", listen, "localhost:"+port)
	b.WriteString(at.link())
	for _, p := range [][3]string{{"SA1", "顾问 A", "SA"}, {"DI1", "调度 D", "DI"}, {"TE1", "技师 T1", "TE"}, {"TE2", "技师 T2", "TE"}, {"IN1", "检验 I", "IN"}, {"CA1", "收银 C", "CA"}} {
		fmt.Fprintf(&b, "\n[[person]]\nid = %q\nname = %q\nrole = %q\n", p[0], p[1], p[2])
	}
	for _, bay := range bayNames() {
		fmt.Fprintf(&b, "\n[[peer]]\nnode = %q\nbay = %q\n", shopName+"-"+bay, bay)
	}
	return b.String()
}
