package web

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is one process's own registry with the counters of its HTTP side. Other
// rooms register theirs with Registry. Labels never hold personal data.
type Metrics struct {
	Registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	sockets  *prometheus.GaugeVec
	dropped  prometheus.Counter
}

// NewMetrics makes a registry with the Go and process figures in it.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pitlane_http_requests_total", Help: "Requests by route and status."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pitlane_http_request_seconds", Help: "Time to answer by route.", Buckets: prometheus.DefBuckets}, []string{"route"}),
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "pitlane_screens_open", Help: "Open WebSockets by screen."}, []string{"screen"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "pitlane_screens_dropped_total", Help: "Screens dropped because they were too slow."}),
	}
	m.Registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.seconds, m.sockets, m.dropped)
	return m
}

// Tell adds a figure that is read whenever the figures are asked for, from any
// goroutine.
func (m *Metrics) Tell(name, help string, read func() float64) {
	m.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Health gives /healthz (the process answers), /readyz (ready is nil) and
// /metrics. ready may be called from many goroutines.
func Health(m *Metrics, ready func() error) []Action {
	figures := promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
	return []Action{
		NewPage("/healthz", "200 while the process answers", "text/plain", func(w http.ResponseWriter, _ *http.Request) {
			plain(w, http.StatusOK, "ok\n")
		}),
		NewPage("/readyz", "200 once the node can take work, 503 with the reason before", "text/plain", func(w http.ResponseWriter, _ *http.Request) {
			if err := ready(); err != nil {
				plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error()+"\n")
				return
			}
			plain(w, http.StatusOK, "ready\n")
		}),
		NewPage("/metrics", "figures in Prometheus's text form", "text/plain", figures.ServeHTTP),
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the caller is gone: nobody is left to tell
}

type routeKey struct{}

type route struct{ pattern string }

// Watch counts and logs every request by its route, never by its address: an
// address may name a job or a vehicle. Put it around Guard.
func Watch(m *Metrics, log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt, oc, start := &route{pattern: "none"}, &outcome{}, time.Now()
		ctx := context.WithValue(context.WithValue(r.Context(), routeKey{}, rt), outcomeKey{}, oc)
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r.WithContext(ctx))
		took := time.Since(start)
		m.requests.WithLabelValues(rt.pattern, strconv.Itoa(rec.status)).Inc()
		m.seconds.WithLabelValues(rt.pattern).Observe(took.Seconds())
		log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("route", rt.pattern),
			slog.Int("status", rec.status), slog.Duration("took", took))
		if rec.status >= http.StatusInternalServerError && oc.err != nil {
			log.LogAttrs(ctx, slog.LevelWarn, "request not done", slog.String("route", rt.pattern), slog.Any("error", oc.err))
		}
	})
}

// recorder keeps the status for the log; Unwrap lets a WebSocket take the
// connection over.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
