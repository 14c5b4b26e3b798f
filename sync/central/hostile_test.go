package central

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"

	"pitlane/edge/tlog"
	"pitlane/housetest"
	"pitlane/sync/wire"
)

// refusals is what head office's figures count as refused.
func (h *house) refusals(address string) string {
	h.t.Helper()
	r, err := http.Get("http://" + address + "/metrics")
	h.must(err)
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	h.must(err)
	for line := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(line, "pitlane_central_refused_total "); ok {
			return strings.TrimSpace(n)
		}
	}
	return ""
}

func TestHostileNodeChangesNothingAtHeadOffice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(h.bay, "j1", opened("A-1", "粤B12345"))
	mqtt, _ := h.broker("127.0.0.1:0")
	at, _ := h.central(mqtt)
	m := h.member("demo-reception") // a node of the shop that sends what it likes
	line, err := wire.Dial(t.Context(), wire.Dialer{URL: "tcp://" + mqtt, Node: m.Node, Password: m.Secret, Filters: []string{wire.AllUp, wire.AllDown(m.Node)}})
	h.must(err)
	defer line.Close()
	greeting := wire.Topic{Node: m.Node, Down: true, Kind: wire.OnLine}.String()
	for heard := ""; heard != greeting; { // before, nothing that is sent gets there
		select {
		case in := <-line.In:
			heard = in.Topic
		case <-line.Lost:
			t.Fatal("the line is lost")
		}
	}

	seg, err := h.bay.Segment(t.Context(), h.bay.Origin(), 0, 1<<20)
	h.must(err)
	bad := seg
	bad.Entries = append([]tlog.Entry(nil), seg.Entries...)
	bad.Entries[1].Leaf = bytes.Replace(bad.Entries[1].Leaf, []byte(`"j":"j1"`), []byte(`"j":"j2"`), 1)
	forged, err := h.intake.codec.Encode(bad)
	h.must(err)
	noise := make([]byte, 40<<10)
	_, _ = rand.Read(noise) // crypto/rand does not fail
	for _, payload := range [][]byte{{}, []byte("{"), []byte("null"), noise, forged, []byte(`{"` + h.bay.Origin() + `":[0,9007199254740992]}`)} {
		for _, topic := range []wire.Topic{
			{Node: m.Node, Kind: wire.Log}, {Node: m.Node, Kind: wire.To, To: "demo-central"},
			{Node: m.Node, Kind: wire.HaveOf}, {Node: m.Node, Kind: wire.LiveOf}, {Node: m.Node, Kind: wire.OnLine},
		} {
			h.must(line.Publish(topic.String(), false, payload))
		}
	}
	housetest.Until(h.t, "head office has counted it", func() bool { n := h.refusals(at); return n != "" && n != "0" })
	h.link(mqtt, h.bay)
	v := h.office(at, func(v OfficeView) bool { return len(v.Jobs) > 0 && edgeOf(v, "demo-bay-1").Backlog == 0 })
	if len(v.Jobs) != 1 || v.Jobs[0].ID != "j1" {
		t.Errorf("jobs %+v", v.Jobs)
	}
}
