package sim_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pitlane/devices/sim"
)

// bus is a client of served boards.
type bus struct {
	t    *testing.T
	conn net.Conn
}

func serveBoard(t *testing.T, b *sim.Board) *bus {
	t.Helper()
	return &bus{t: t, conn: serve(t, b.Serve)}
}

// request is a frame with its sum, computed here.
func request(addr, cmd byte) []byte {
	return []byte{0x02, addr, cmd, 0x03, byte(0x02 + int(addr) + int(cmd) + 0x03)}
}

func (c *bus) send(frame []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(frame); err != nil {
		c.t.Fatal(err)
	}
}

func (c *bus) read(n int) []byte {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		c.t.Fatal(err)
	}
	got := make([]byte, n)
	if _, err := io.ReadFull(c.conn, got); err != nil {
		c.t.Fatalf("read %d bytes: %v", n, err)
	}
	return got
}

// status asks a board and takes the reply apart.
func (c *bus) status(addr byte) (hooks, keys uint16) {
	c.t.Helper()
	c.send(request(addr<<4, 0x30))
	return takeApart(c.t, c.read(9), addr<<4, 0x35)
}

func takeApart(t *testing.T, f []byte, addr, cmd byte) (hooks, keys uint16) {
	t.Helper()
	sum := 0
	for _, b := range f[:8] {
		sum += int(b)
	}
	if f[0] != 0x02 || f[1] != addr || f[2] != cmd || f[7] != 0x03 || f[8] != byte(sum) {
		t.Fatalf("reply % X is not one of %02X/%02X with its sum", f, addr, cmd)
	}
	return uint16(f[3]) | uint16(f[4])<<8, uint16(f[5]) | uint16(f[6])<<8
}

func TestABoardSaysWhatIsSo(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{HookClosed: 1})
	c := serveBoard(t, b)
	if hooks, keys := c.status(0); hooks != 0xFFFF || keys != 0 {
		t.Errorf("at first %04X, %04X", hooks, keys)
	}
	b.SetKey(2, true)
	b.SetKey(10, true)
	b.SetHook(1, false)
	c.send(request(0, 0x30))
	if got, want := c.read(9), []byte{0x02, 0x00, 0x35, 0xFE, 0xFF, 0x02, 0x02, 0x03, 0x3B}; !bytes.Equal(got, want) {
		t.Errorf("reply % X, want % X", got, want)
	}
	c.send(request(0x03, 0x31)) // lock 4
	if hooks, _ := c.status(0); hooks != 0xFFF6 {
		t.Errorf("after the unlock %04X", hooks)
	}
	if closed, key := b.Slot(4); closed || key {
		t.Errorf("slot 4 is %v, %v", closed, key)
	}
	want := []sim.BoardFrame{{Addr: 0, Cmd: 0x30}, {Addr: 0, Cmd: 0x30}, {Addr: 3, Cmd: 0x31}, {Addr: 0, Cmd: 0x30}}
	if !slices.EqualFunc(b.Log(), want, func(a, b sim.BoardFrame) bool { return a.Addr == b.Addr && a.Cmd == b.Cmd }) {
		t.Errorf("log %+v", b.Log())
	}
}

func TestTheOtherPolarityIsTheComplement(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{HookClosed: 0})
	b.SetHook(16, false)
	if hooks, _ := serveBoard(t, b).status(0); hooks != 0x8000 {
		t.Errorf("hooks %04X, want only lock 16 set", hooks)
	}
}

func TestSeveralBoardsShareABus(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{Addresses: []int{3, 1}, HookClosed: 1})
	b.SetKey(17, true) // the first lock of address 3
	c := serveBoard(t, b)
	if _, keys := c.status(3); keys != 1 {
		t.Errorf("keys at 3 are %04X", keys)
	}
	c.send(request(0x20, 0x30)) // nobody's address
	c.send(request(0xF0, 0x32)) // all
	if _, keys := takeApart(t, c.read(9), 0x10, 0x36); keys != 0 {
		t.Errorf("keys at 1 are %04X", keys)
	}
	if _, keys := takeApart(t, c.read(9), 0x30, 0x36); keys != 1 {
		t.Errorf("keys at 3 are %04X", keys)
	}
}

func TestNoiseBetweenRequestsDoesNotDeafen(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{HookClosed: 1})
	c := serveBoard(t, b)
	c.send([]byte{0x02, 0x00, 0x02, 0xFF, 0x03})
	for _, x := range request(0, 0x30) { // byte by byte
		c.send([]byte{x})
	}
	takeApart(t, c.read(9), 0, 0x35)
}

func TestBoardFaults(t *testing.T) {
	good := func(hooks uint16) []byte {
		f := []byte{0x02, 0x00, 0x35, byte(hooks), byte(hooks >> 8), 0, 0, 0x03, 0}
		for _, b := range f[:8] {
			f[8] += b
		}
		return f
	}
	wrong := good(0xFFFF)
	wrong[8] ^= 0x55
	for name, x := range map[string]struct {
		f    sim.BoardFaults
		want []byte
	}{
		"half a frame":       {sim.BoardFaults{Half: true}, good(0xFFFF)[:4]},
		"a wrong sum":        {sim.BoardFaults{WrongSum: true}, wrong},
		"a reply twice":      {sim.BoardFaults{Duplicate: true}, append(good(0xFFFF), good(0xFFFF)...)},
		"an echo":            {sim.BoardFaults{Echo: true}, append(request(0, 0x30), good(0xFFFF)...)},
		"two boards, one id": {sim.BoardFaults{Conflict: true}, append(good(0xFFFF), good(0xFF7E)...)},
		"a flapping hook":    {sim.BoardFaults{Flapping: []int{1}}, good(0xFFFE)},
	} {
		t.Run(name, func(t *testing.T) {
			b := sim.NewBoard(sim.BoardConfig{HookClosed: 1})
			c := serveBoard(t, b)
			b.SetFaults(x.f)
			c.send(request(0, 0x30))
			if got := c.read(len(x.want)); !bytes.Equal(got, x.want) {
				t.Errorf("reply % X, want % X", got, x.want)
			}
		})
	}
}

func TestSilenceStaleRepliesAndStuckLocks(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{Addresses: []int{0, 1}, HookClosed: 1})
	c := serveBoard(t, b)
	b.SetFaults(sim.BoardFaults{SilentFor: []int{0}, Stuck: []int{20}})
	c.send(request(0, 0x30))
	c.send(request(0x13, 0x31)) // slot 20, stuck
	if hooks, _ := c.status(1); hooks != 0xFFFF {
		t.Errorf("hooks %04X, want all closed", hooks)
	}
	b.SetFaults(sim.BoardFaults{Stale: true})
	c.send(request(0, 0x30))
	takeApart(t, c.read(9), 0x10, 0x35) // of the board asked before
	takeApart(t, c.read(9), 0x00, 0x35)
}

func TestAHandHangsTheKeyAndTakesIt(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{HookClosed: 1})
	c := serveBoard(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sim.Hand{Board: b}.Run(ctx) }()
	for _, want := range []bool{true, false} {
		c.send(request(0x04, 0x31)) // slot 5
		waitFor(t, func() bool {
			closed, key := b.Slot(5)
			return closed && key == want
		})
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestABoardDrivesOneLockAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sim.NewBoard(sim.BoardConfig{HookClosed: 1, Pulse: 550 * time.Millisecond})
		c := serveBoard(t, b)
		c.send(request(0x00, 0x31))
		c.send(request(0x01, 0x31)) // inside the pulse
		if hooks, _ := c.status(0); hooks != 0xFFFE {
			t.Errorf("inside the pulse %04X", hooks)
		}
		<-time.After(550 * time.Millisecond)
		c.send(request(0x01, 0x31))
		if hooks, _ := c.status(0); hooks != 0xFFFC {
			t.Errorf("after the pulse %04X", hooks)
		}
	})
}

func TestUnlockAllOpensEveryLockOfABoard(t *testing.T) {
	b := sim.NewBoard(sim.BoardConfig{Addresses: []int{0, 1}, HookClosed: 1})
	c := serveBoard(t, b)
	c.send(request(0x10, 0x33))
	if hooks, _ := c.status(1); hooks != 0 {
		t.Errorf("hooks of board 1 are %04X", hooks)
	}
	if hooks, _ := c.status(0); hooks != 0xFFFF {
		t.Errorf("hooks of board 0 are %04X", hooks)
	}
}
