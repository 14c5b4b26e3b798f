package keycab

import (
	"fmt"
	"time"
)

// modbus is the talk of input and relay modules: discrete input n-1 is the hook of
// slot n, coil n-1 drives its lock, and key sensors, where they are wired, begin at
// the input KeyInput (MODBUS Application Protocol V1.1b3, Serial Line V1.02; FC
// numbers as there).
//
// A solenoid must never stay driven when this machine dies. Waveshare's modules
// have a timed pulse for that: FC05 to 0x0200+n switches coil n on for the value
// times 100 ms, by the module itself. Where a module has none, Pulse "host" lets us
// switch it on and off; see host.go for what that risks.
type modbus struct {
	locks, keyInput int // keyInput 0: no key sensors
	host            bool
	gap             time.Duration
}

const (
	mbFirst, mbLast = 1, 247 // 0 is the broadcast address: never sent
	mbLocks         = 64
	mbUsual         = 8
	mbMostInputs    = 256 // in one reply that is short enough for a poll
	// mbRest is longer than the 500 ms after which a slave on libmodbus gives up the
	// frame that a disturbance began; modules use t3.5 and need none of it.
	mbRest = 600 * time.Millisecond

	// mbPulse is coil 0 of the timed pulses; 0x0000+n would stay on. 0x00FF and
	// 0x01FF, which mean all relays, are out of reach of mbLocks.
	mbPulse    = 0x0200
	mbPulseFor = uint16(drivenTime / (100 * time.Millisecond))

	mbCoilOn, mbCoilOff = 0xFF00, 0x0000

	// PulseTimed in Options.Pulse: the module ends the pulse itself.
	PulseTimed = "timed"
	// PulseHost in Options.Pulse: this program ends the pulse, with the risk of that.
	PulseHost = "host"
)

var (
	_ talk    = modbus{}
	_ refuser = modbus{}
)

// newModbus is the talk that the options ask for, as a holder where the host has to
// switch the locks off.
func newModbus(o Options) (talk, error) {
	m := modbus{locks: o.Locks, keyInput: o.KeyInput, gap: mbGap(o.Baud)}
	if m.locks == 0 {
		m.locks = mbUsual
		if o.KeyInput > 0 {
			m.locks = min(o.KeyInput, mbUsual) // hooks end where the key sensors begin
		}
	}
	switch {
	case m.keyInput < 0 || m.keyInput+m.locks > mbMostInputs:
		return nil, fmt.Errorf("key input %d: inputs are read up to %d", m.keyInput, mbMostInputs-1)
	case m.keyInput > 0 && m.keyInput < m.locks:
		return nil, fmt.Errorf("key input %d is the hook of slot %d: key sensors begin at input %d or above", m.keyInput, m.keyInput+1, m.locks)
	}
	switch o.Pulse {
	case "", PulseTimed:
		return m, nil
	case PulseHost:
		m.host = true
		return hostPulse{m}, nil
	}
	return nil, fmt.Errorf("pulse %q: it is %s or %s", o.Pulse, PulseTimed, PulseHost)
}

// mbGap is t3.5, the silence between frames: 3.5 characters of 11 bits, and 1.75 ms
// above 19200 (Serial Line §2.5.1.1).
func mbGap(baud int) time.Duration {
	if baud <= 0 {
		baud = 9600
	}
	if baud > 19200 {
		return 1750 * time.Microsecond
	}
	return time.Duration(38.5 * float64(time.Second) / float64(baud))
}

func (m modbus) Limits() limits {
	return limits{First: mbFirst, Last: mbLast, Locks: mbLocks, Usual: m.locks, Gap: m.gap, Again: 1, Rest: mbRest}
}

// inputs is how many inputs are read: those between hooks and keys are read along.
func (m modbus) inputs() int { return max(m.locks, m.keysEnd()) }

func (m modbus) keysEnd() int {
	if m.keyInput == 0 {
		return 0
	}
	return m.keyInput + m.locks
}

func (m modbus) Ask(addr int) []byte { return mbRead(addr, fcInputs, 0, m.inputs()) }

func (m modbus) Open(addr, lock int) []byte {
	if addr < mbFirst || addr > mbLast || lock < 0 || lock >= m.locks {
		return nil
	}
	return mbWrite(addr, mbPulse+lock, mbPulseFor)
}

// Opened finds the echo of Open or the exception that refuses it.
func (m modbus) Opened(addr, lock int, in []byte) (bool, error) {
	return mbWritten(m.Open(addr, lock), in)
}

// Answer tries every byte as the beginning of a reply, as noise may come before it.
func (m modbus) Answer(addr int, in []byte) answer {
	var a answer
	for i := 0; i < len(in); {
		from, bits, size, refused := mbInputs(in[i:])
		switch {
		case size == 0:
			i++
			continue
		case from != addr || a.OK || a.Refused != nil:
			a.Strays = append(a.Strays, from)
		case refused != nil:
			a.Refused = refused
		default:
			a.Sample, a.OK = m.sample(bits)
		}
		i += size
	}
	return a
}

// sample is what the bytes of a reply say; false when they are not as many as were
// asked for.
func (m modbus) sample(b []byte) (sample, bool) {
	if len(b) != (m.inputs()+7)/8 {
		return sample{}, false
	}
	s := sample{Hooks: mbBits(b, 0, m.locks)}
	if m.keyInput > 0 {
		s.HasKeys, s.Keys = true, mbBits(b, m.keyInput, m.locks)
	}
	return s, true
}
