package obd_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pitlane/devices/obd"
	"pitlane/devices/sim"
)

// seed is one reply that was right, and what it says.
type seed struct {
	request string
	lines   []string
	set     obd.Settings
	truth   map[string]obd.ECUAnswer
	can     bool
}

// newSeed keeps a reply that tells something.
func newSeed(request string, lines []string, set obd.Settings) (seed, bool) {
	s := seed{request: request, lines: lines, set: set, can: set.Protocol >= "6"}
	if !s.can {
		s.set.Check = map[bool]string{true: obd.CheckCRC, false: obd.CheckSum}[set.Protocol <= "2"]
	}
	set = s.set
	s.truth = obd.Decode(request, lines, set).ECUs
	told := false
	for _, e := range s.truth {
		told = told || e.State == obd.OK
	}
	return s, told && set.Protocol != ""
}

// Mutations. The first break the form of a line, a message or its checksum; the last
// are those that no form can show.
const (
	cutChar     = iota // one digit is lost
	addChar            // one digit too many
	cutLine            // a line ends early
	flipDigit          // one digit is another
	loseLine           // a line is missing
	badSequence        // a consecutive frame has another number
	badLength          // the announced length is another
	trouble            // the adapter complains in between
	foreign            // somebody else's frame lies in between
	swapLines          // two lines change places
	anything           // several of these, and noise
	mutations
)

// mutate changes a reply in one way and says whether what it then is must be seen to
// be broken: whatever is still said is the truth, or it is not said to be right.
func (s *seed) mutate(rng *rand.Rand, kind int) (lines []string, strict bool) {
	lines = slices.Clone(s.lines)
	n := rng.IntN(len(lines))
	line := lines[n]
	at := rng.IntN(len(line))
	digit := func() string { return string("0123456789ABCDEF"[rng.IntN(16)]) }
	legacy := !s.can && s.set.Headers
	switch kind {
	case cutChar:
		lines[n] = line[:at] + line[at+1:]
		return lines, isDigit(line[at])
	case addChar:
		lines[n] = line[:at] + digit() + line[at:]
		return lines, true
	case cutLine:
		lines[n] = line[:at]
		return lines, s.formed(line)
	case flipDigit:
		d := digit()
		lines[n] = line[:at] + d + line[at+1:]
		return lines, legacy && isDigit(line[at])
	case loseLine:
		return slices.Delete(lines, n, n+1), s.can
	case badSequence, badLength:
		return s.header(rng, lines, n, kind)
	case trouble:
		word := []string{"CAN ERROR", "BUS ERROR", "<DATA ERROR", "BUFFER FULL", "STOPPED", "LV RESET", "ELM327 v1.5", "NO DATA", "?", "SEARCHING..."}[rng.IntN(10)]
		return slices.Insert(lines, rng.IntN(len(lines)+1), word), true
	case foreign:
		return slices.Insert(lines, rng.IntN(len(lines)+1), s.stranger(rng)), true
	case swapLines:
		m := rng.IntN(len(lines))
		lines[n], lines[m] = lines[m], lines[n]
		return lines, s.can
	}
	for range 1 + rng.IntN(4) {
		other := seed{request: s.request, lines: lines, set: s.set, can: s.can}
		if len(lines) == 0 || slices.Contains(lines, "") {
			break
		}
		lines, _ = other.mutate(rng, rng.IntN(anything))
	}
	if rng.IntN(4) == 0 {
		lines = append(lines, string([]byte{byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))}))
	}
	return lines, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

// formed reports whether a line says by its form how long it is: by a header with a
// length, by a checksum, or by the length that stands before it. A single line without
// a header says nothing of the kind.
func (s *seed) formed(line string) bool {
	return s.set.Headers || strings.Contains(line, ":")
}

// header changes the number of a consecutive frame, or the length that a first one
// announces beyond what follows.
func (s *seed) header(rng *rand.Rand, lines []string, n int, kind int) ([]string, bool) {
	line := strings.ReplaceAll(lines[n], " ", "")
	at := map[bool]int{true: 3, false: 8}[len(line)%2 == 1]
	switch {
	case !s.can:
		return lines, true
	case !s.set.Headers && kind == badSequence && len(line) > 2 && line[1] == ':':
		lines[n] = fmt.Sprintf("%X%s", (strings.IndexByte("0123456789ABCDEF", line[0])+1+rng.IntN(15))%16, line[1:])
	case !s.set.Headers && kind == badLength && len(line) == 3:
		lines[n] = fmt.Sprintf("%03X", 7*len(lines)+rng.IntN(500))
	case !s.set.Headers || len(line) < at+4:
		return lines, true
	case kind == badSequence && line[at] == '2':
		number := strings.IndexByte("0123456789ABCDEF", line[at+1])
		lines[n] = fmt.Sprintf("%s%X%s", line[:at+1], (number+1+rng.IntN(15))%16, line[at+2:])
	case kind == badLength && line[at] == '1':
		lines[n] = fmt.Sprintf("%s1%03X%s", line[:at], min(0xFFF, 7*len(lines)+rng.IntN(500)), line[at+4:])
	case kind == badLength && line[at] == '0':
		lines[n] = fmt.Sprintf("%s0%X%s", line[:at], 8+rng.IntN(8), line[at+2:])
	}
	return lines, true
}

// stranger is a frame that answers somebody else, or something else.
func (s *seed) stranger(rng *rand.Rand) string {
	can11 := []string{"7DF02010C", "7E0022101AA", "7E8047FAA0022", "123ABCDEF"}
	can29 := []string{"18DB33F102010C", "18DA10F1022101", "18DAF91004410C0BB8", "18FECA0000FF"}
	older := []string{"686AF1010DD1", "48F110410C0000", "8110F1811A"}
	list := older
	if s.can {
		list = can29
		if s.set.Protocol == "6" || s.set.Protocol == "8" {
			list = can11
		}
	}
	return list[rng.IntN(len(list))]
}

// verdict holds an answer against the truth: how many units are still right, how many
// say no more that they are, and what one of them says wrongly.
func (s *seed) verdict(a obd.Answer) (right, gone int, wrong string) {
	for id, e := range a.ECUs {
		switch {
		case e.State != obd.OK:
			gone++
		case s.said(id, e):
			right++
		default:
			got, _ := json.Marshal(e)
			want, _ := json.Marshal(s.truth[id])
			wrong = fmt.Sprintf("%s says %s, it said %s", id, got, want)
		}
	}
	return right, gone, wrong
}

// said reports whether a unit said this. Without headers the one that is left takes
// the name of the one that is lost.
func (s *seed) said(id string, e obd.ECUAnswer) bool {
	if was, ok := s.truth[id]; ok && reflect.DeepEqual(was, e) {
		return true
	}
	if strings.HasPrefix(id, "#") {
		for _, was := range s.truth {
			if reflect.DeepEqual(was, e) {
				return true
			}
		}
	}
	return false
}

// seeds are the replies of every practice car on every bus, headers on and off, and
// those of the recorded vehicles where they are there.
func seeds(t *testing.T) []seed {
	t.Helper()
	var out []seed
	cars := demoCars()
	for _, number := range strings.Split("1 2 3 4 5 6 7 8 9", " ") {
		cars["protocol "+number] = func() *sim.Vehicle { return onProtocol(number) }
	}
	for name, car := range cars {
		for _, cfg := range []sim.AdapterConfig{{}, {Refuses: []string{"ATH1"}}} {
			synctest.Test(t, func(t *testing.T) {
				cfg.Timing = sim.Instant()
				reports, said := garage{car: car, adapter: cfg}.scans(t, obd.Options{Plain: true})
				for _, e := range said[0] {
					s, ok := newSeed(e.Request, obd.SplitResponse(e.Raw), obd.Settings{Headers: e.Headers, Protocol: reports[0].Protocol.Number})
					if ok && isDigit(e.Request[0]) && e.Request[0] != 'A' {
						out = append(out, s)
					}
				}
			})
		}
		_ = name
	}
	return append(out, recordedSeeds(t)...)
}

// recordedSeeds are some clean replies of every recorded vehicle.
func recordedSeeds(t *testing.T) []seed {
	t.Helper()
	var out []seed
	files, _ := vehicleFiles(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := obd.ParseVehicle(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Protocol) != 1 || v.Protocol[0] < "1" || v.Protocol[0] > "9" {
			continue
		}
		for i, e := range v.Exchanges {
			if e.Noisy || e.Headers != nil || e.Echo != nil || len(e.Lines) == 0 || slices.Contains(e.Lines, "") || i%max(1, len(v.Exchanges)/40) != 0 {
				continue
			}
			s, ok := newSeed(e.Request, e.Lines, obd.Settings{Headers: v.Settings.Headers, Protocol: v.Protocol[0], Receive: e.Receive})
			if ok && clean(&s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// clean reports whether every line of a reply is of one message of one unit: where one
// unit says two things, one of them spoilt leaves the other.
func clean(s *seed) bool {
	a := obd.Decode(s.request, s.lines, s.set)
	for id := range s.truth {
		if answersTwice(s.lines, id) {
			return false
		}
	}
	return len(a.Kinds)+len(a.Others)+len(a.Text) == 0
}

// TestMutatedResponsesNeverMakeAWrongFact: of a reply whose form, length, sequence or
// checksum is broken nothing is said that it did not say; and nothing that an adapter
// sends ends the decoder. What leaves the form whole, another digit in a CAN frame,
// cannot be seen behind the adapter: it is counted. PITLANE_SOAK makes it ten million.
func TestMutatedResponsesNeverMakeAWrongFact(t *testing.T) {
	all := seeds(t)
	n := 40_000
	if os.Getenv("PITLANE_SOAK") != "" {
		n = 10_000_000
	}
	rng := rand.New(rand.NewPCG(27, 4))
	var strict, right, gone, other, failures int
	for i := range n {
		s := &all[rng.IntN(len(all))]
		kind := i % mutations
		lines, must := s.mutate(rng, kind)
		must = must && s.visible(kind, lines)
		a := obd.Decode(s.request, lines, s.set)
		r, g, wrong := s.verdict(a)
		right, gone = right+r, gone+g
		switch {
		case must && wrong != "":
			if failures++; failures < 20 {
				t.Errorf("mutation %d of %q on protocol %s: %q made of %q: %s", kind, s.request, s.set.Protocol, lines, s.lines, wrong)
			}
		case wrong != "":
			other++
		}
		if must {
			strict++
		}
		if len(a.Order) != len(a.ECUs) {
			t.Fatalf("%q: %d in order, %d units", lines, len(a.Order), len(a.ECUs))
		}
	}
	t.Logf("%d replies of %d seeds mutated, %d so that it must be seen: %d units still right, %d no longer said to be, %d wrong; %d say something else where nothing can show it",
		n, len(all), strict, right, gone, failures, other)
	if strict < n/3 || right == 0 || gone == 0 {
		t.Error("the mutations prove nothing")
	}
}

// visible excepts what leaves no trace.
func (s *seed) visible(kind int, lines []string) bool {
	sid := s.request[:2]
	switch {
	case kind == swapLines && (len(s.lines) > 15 || !s.set.Headers && len(s.truth) > 1):
		return false // the numbers come round again, or parts of two units have the same ones
	case !s.can && (sid == "03" || sid == "07" || sid == "06" || sid == "09") && (kind == cutLine || kind == cutChar):
		// A line of an older list that is gone to nothing is a line that never came.
		return !slices.Contains(lines, "")
	}
	return true
}

func TestTheOracleOfMutationsBites(t *testing.T) {
	s, ok := newSeed("03", []string{"7E8 04 43 01 01 33"}, obd.Settings{Headers: true, Protocol: "6"})
	if !ok {
		t.Fatal("no seed")
	}
	for name, lines := range map[string][]string{
		"another code": {"7E8 04 43 01 01 34"}, "no code": {"7E8 02 43 00"}, "another unit": {"7E9 04 43 01 01 33"},
	} {
		if _, _, wrong := s.verdict(obd.Decode(s.request, lines, s.set)); wrong == "" {
			t.Errorf("%s is taken for the truth", name)
		}
	}
	if right, _, wrong := s.verdict(obd.Decode(s.request, s.lines, s.set)); right != 1 || wrong != "" {
		t.Errorf("the truth is not: %s", wrong)
	}
}
