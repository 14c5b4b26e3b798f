package edge

// Template is the configuration file of a new edge: a text/template with the
// fields Shop, Node, Role and Dir (what edge/shop's Add fills in).
func Template() string {
	return `# Configuration of {{.Node}}. Unknown keys are refused; pitlane doctor --config FILE checks it.
node = "{{.Node}}"
role = "{{.Role}}"
shop = "{{.Shop}}"            # the name customers see
# data = "."                  # the node's folder, beside this file
# timezone = "Asia/Shanghai"  # the machine's when left out

[http]
listen = "127.0.0.1:8080"
hosts = []                    # other names of this edge, as host:port in the address bar
# public = "https://…"        # by which phones reach receipts; only these are served by that name
{{if eq .Role "bay"}}
[bay]
name = "{{.Node}}"

# [scanner]
# port = "/dev/serial/by-id/usb-…"
# baud = 38400
{{else}}
# [cabinet]
# name = "cabinet"
# driver = "kerong-cu16"
# port = "/dev/serial/by-id/usb-…"
# boards = [0]                # or commissioned = "cabinet.json", see pitlane keys commission

# [broker]                    # the embedded broker of the shop; docs/guides/network.md
# listen = "127.0.0.1:1883"   # "0.0.0.0:8883" for other machines, with TLS
{{end}}
# [[link]]
# url = "tcp://127.0.0.1:1883"    # on another machine "tls://192.168.1.10:8883" with
# server_name = "demo-reception"  # the node that has the broker there
# kind = "lan"                # lan, or central

# [retention]                 # of closed visits
# contact_days = 90           # names, phones, signatures
# work_days = 365             # the rest; 365 at least

# [trim]                      # of old journal files that head office holds
# days = 30                   # since every visit in a file was closed
# off = false                 # true keeps them for ever

[[person]]
id = "advisor"
name = "Advisor"
role = "SA"

[[person]]
id = "technician"
name = "Technician"
role = "TE"

[[person]]
id = "inspector"
name = "Inspector"
role = "IN"

[[person]]
id = "cashier"
name = "Cashier"
role = "CA"
`
}
