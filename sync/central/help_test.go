package central

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pitlane/edge/job"
	"pitlane/edge/journal"
	"pitlane/edge/shop"
	"pitlane/edge/vault"
	"pitlane/sync/wire"
)

// house is a shop on disk, with one journal of a bay and the intake of central.
type house struct {
	t      *testing.T
	dir    string
	bay    *journal.Journal
	store  Store
	intake *intake
	vaults map[*journal.Journal]*vault.Vault
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "shop"), vaults: map[*journal.Journal]*vault.Vault{}}
	h.must(shop.Init(h.dir, "demo"))
	for node, role := range map[string]string{"bay-1": shop.RoleBay, "reception": shop.RoleReception, "central": shop.RoleCentral} {
		_, err := shop.Add(h.dir, node, role, "")
		h.must(err)
	}
	m := h.member("demo-central")
	codec, err := wire.NewCodec()
	h.must(err)
	t.Cleanup(codec.Close)
	h.bay = h.journal("demo-bay-1", h.folder("demo-bay-1"))
	keys := h.vault(m, t.TempDir())
	h.store, err = OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "central.db"), keys)
	h.must(err)
	t.Cleanup(func() { h.must(h.store.Close()) })
	h.intake = &intake{store: h.store, codec: codec, roster: m.Roster, keys: keys, now: time.Now, log: slog.New(slog.DiscardHandler), took: make(chan struct{}, 1)}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) folder(node string) string { return filepath.Join(h.dir, node) }

func (h *house) member(node string) *shop.Member {
	h.t.Helper()
	m, err := shop.Load(h.folder(node))
	h.must(err)
	return m
}

func (h *house) journal(node, dir string) *journal.Journal {
	h.t.Helper()
	m := h.member(node)
	keys := h.vault(m, dir)
	j, err := journal.Open(h.t.Context(), journal.Options{Dir: dir, Node: node, Key: m.Key, Roster: m.Roster, Keys: keys})
	h.must(err)
	h.vaults[j] = keys
	h.t.Cleanup(func() {
		if err := j.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return j
}

// write appends events of a job, each committed alone.
func (h *house) write(j *journal.Journal, id string, payloads ...job.Payload) {
	h.t.Helper()
	for _, p := range payloads {
		b, err := json.Marshal(p)
		h.must(err)
		d := journal.Draft{Kind: p.Kind(), Job: id, Work: b}
		_, _ = rand.Read(d.Request[:]) // crypto/rand does not fail
		_, err = j.Append(h.t.Context(), d)
		h.must(err)
	}
	h.give(j)
}

// vault opens a node's vault.
func (h *house) vault(m *shop.Member, dir string) *vault.Vault {
	h.t.Helper()
	v, err := vault.Open(vault.Options{Dir: dir, Node: m.Node, Key: m.Key, Roster: m.Roster})
	h.must(err)
	h.t.Cleanup(func() { h.must(v.Close()) })
	return v
}

// give gives central all keys that a journal's node has made.
func (h *house) give(j *journal.Journal) {
	h.t.Helper()
	if h.vaults[j] == nil {
		return // a journal without keys
	}
	ids, _ := h.vaults[j].Made(0)
	for chunk := range slices.Chunk(ids, vault.MaxParcel) {
		public, sig := h.intake.keys.Receiver()
		box, boxSig, err := h.vaults[j].Wrap("demo-central", public, sig, chunk)
		h.must(err)
		h.must(h.intake.keys.Unwrap(j.Node(), box, boxSig))
	}
}

// bytes is the segment of a journal's own log from a number on.
func (h *house) bytes(j *journal.Journal, from uint64, limit int) []byte {
	h.t.Helper()
	seg, err := j.Segment(h.t.Context(), j.Origin(), from, limit)
	h.must(err)
	b, err := h.intake.codec.Encode(seg)
	h.must(err)
	return b
}

func (h *house) mark(origin string) uint64 {
	h.t.Helper()
	m, err := h.store.Mark(h.t.Context(), origin)
	h.must(err)
	return m.Size
}

func (h *house) size(j *journal.Journal) uint64 {
	for _, tip := range j.Tips() {
		if tip.Origin == j.Origin() {
			return tip.Size
		}
	}
	return 0
}

func opened(ticket, plate string) job.Opened {
	return job.Opened{Ticket: ticket, Lang: "en", Purpose: "repair", Channel: "kiosk", Plate: plate, PlatePublic: "ticket",
		Complaint: job.Complaint{Words: "noise"}, Owner: "SA1", Urgency: "normal"}
}

func scanned(id, vin string, codes ...string) []job.Payload {
	done := job.ScanCompleted{Scan: id, Bay: "1", VIN: vin, Adapter: "ELM327", Protocol: "6", Complete: true, Codes: []job.Code{}}
	for _, c := range codes {
		done.Codes = append(done.Codes, job.Code{ECU: "7E8", Code: c, Status: "stored"})
	}
	return []job.Payload{job.ScanStarted{Scan: id, Bay: "1", By: "TE1"}, done}
}
