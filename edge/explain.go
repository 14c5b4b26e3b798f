package edge

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"pitlane/edge/web"
)

// Explain serves screens that say what is wrong, where Run could not begin: a
// daemon whose configuration or folder is broken must not leave its screens dark.
// It reads from the file only where to listen, and goes on until ctx ends. What is
// wrong is told to staff; customers are asked to go to the desk.
func Explain(ctx context.Context, file string, wrong error, log *slog.Logger) error {
	listen, names := whereToListen(file)
	ln, err := web.Listen(ctx, listen)
	if err != nil {
		return errors.Join(wrong, err)
	}
	api, err := web.NewAPI("pitlane edge, out of service", explanations(wrong)...)
	if err != nil {
		return errors.Join(wrong, err, ln.Close())
	}
	log.Error("the edge could not open; its screens say so", "error", wrong, "hint", Hint(wrong), "listen", ln.Addr().String())
	m := web.NewMetrics()
	return web.Serve(ctx, ln, web.Watch(m, log, web.Guard(hosts(names, ln.Addr()), api)), log)
}

// whereToListen reads the little it needs, as leniently as it can.
func whereToListen(file string) (listen string, names []string) {
	var c struct {
		HTTP HTTPConfig `toml:"http"`
	}
	if body, err := os.ReadFile(file); err == nil {
		_ = toml.Unmarshal(body, &c) // half a table is better than none here
	}
	if !strings.Contains(c.HTTP.Listen, ":") {
		c.HTTP.Listen = "127.0.0.1:8080"
	}
	return c.HTTP.Listen, c.HTTP.Hosts
}

func explanations(wrong error) []web.Action {
	customers := func(w http.ResponseWriter, _ *http.Request) { sorry(w, "", "") }
	staff := func(w http.ResponseWriter, _ *http.Request) { sorry(w, wrong.Error(), Hint(wrong)) }
	m := web.NewMetrics()
	actions := web.Health(m, func() error { return wrong })
	for path, h := range map[string]http.HandlerFunc{"/{$}": staff, "/bay": staff, "/desk": staff, "/kiosk": customers, "/board": customers} {
		actions = append(actions, web.NewPage(path, "what is wrong", "text/html", h))
	}
	return actions
}

const sorryTemplate = `<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="10"><title>pitlane</title></head>
<body><main><h1>暂停服务 · out of service</h1>{{if .Message}}<p>{{.Message}}</p><p><strong>{{.Hint}}</strong></p>
{{else}}<p>请到前台办理,谢谢。</p><p>請到前台辦理,謝謝。</p><p>Please ask at the desk, thank you.</p>{{end}}</main></body></html>`

func sorry(w http.ResponseWriter, message, hint string) {
	t, err := template.New("sorry").Parse(sorryTemplate)
	if err != nil {
		web.WriteError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = t.Execute(w, struct{ Message, Hint string }{message, hint}) // the caller is gone: nobody is left to tell
}
