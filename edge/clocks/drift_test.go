package clocks_test

import (
	"testing"

	"pitlane/edge/clocks"
)

// TestAComputerThatRunsForAMonthIsDatedAllTheTime: its oscillator is off by 100 ppm, nine
// seconds a day, and it is anchored once an hour.
func TestAComputerThatRunsForAMonthIsDatedAllTheTime(t *testing.T) {
	for _, ppm := range []int64{-100, 100} {
		c := clocks.New()
		wall := func(boot int64) int64 { return begun + boot + boot/1_000_000*ppm }
		for at := int64(0); at < 30*day; at += hour {
			c.Hear(clocks.Reading{Node: "n", Boot: "a", BootMS: at, WallMS: wall(at), Quality: clocks.Synchronised})
		}
		for at := int64(0); at < 30*day; at += 7 * hour / 3 {
			got := c.Time(clocks.Reading{Node: "n", Boot: "a", BootMS: at})
			if off := got.MS - wall(at); !got.Sure || off > 2*second || off < -2*second {
				t.Fatalf("%d ppm, after %d h: %d ms off", ppm, at/hour, off)
			}
		}
	}
}

// TestElapsedIsByTheBootsAndByTheClocksBetweenThem: the wall clock has no say within a
// boot; across boots it has where both are anchored, else what ran counts.
func TestElapsedIsByTheBootsAndByTheClocksBetweenThem(t *testing.T) {
	c := clocks.New()
	read := func(boot string, at, wall int64, quality uint8) clocks.Reading {
		r := clocks.Reading{Node: "n", Boot: boot, BootMS: at, WallMS: wall, Quality: quality}
		c.Hear(r)
		return r
	}
	a := read("a", hour, begun, 1)
	stepped := read("a", 3*hour, begun+900*day, 1)
	b := read("b", 5*hour, begun, 1)
	z := read("c", hour, begun, 1)
	for name, x := range map[string]struct {
		from, to clocks.Reading
		ms       int64
		sure     bool
	}{
		"within a boot":    {a, stepped, 2 * hour, true},
		"backwards":        {stepped, a, 0, true},
		"to the next boot": {a, b, 2*hour + 5*hour, false},
		"over a boot":      {a, z, 2*hour + 5*hour + hour, false},
	} {
		if ms, sure := c.Elapsed(x.from, x.to); ms != x.ms || sure != x.sure {
			t.Errorf("%s: %d ms, sure %v; want %d, %v", name, ms, sure, x.ms, x.sure)
		}
	}
	read("a", 4*hour, begun+4*hour, 3)
	read("c", 2*hour, begun+20*day, 3)
	if ms, sure := c.Elapsed(a, z); ms != 20*day-hour-hour || !sure {
		t.Errorf("both anchored: %d ms, sure %v", ms, sure)
	}
}
