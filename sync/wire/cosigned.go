package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// MaxCosigned is the bytes of a cosigned checkpoint: a shop's largest roster fits.
const MaxCosigned = 16 << 10

// Cosigned brings a checkpoint with a cosignature (C2SP tlog-cosignature) to the node
// whose log it is of. It is no acknowledgement and no event: losing one costs a
// witness, and the next one comes with the next checkpoint.
type Cosigned struct {
	Note string `json:"cosigned"` // signed note
}

// IsCosigned tells a Cosigned from the other messages to one node.
func IsCosigned(b []byte) bool { return bytes.HasPrefix(b, []byte(`{"cosigned":`)) }

// Encode gives the bytes of the message.
func (c Cosigned) Encode() ([]byte, error) {
	if len(c.Note) == 0 || len(c.Note) > MaxCosigned {
		return nil, fmt.Errorf("%w: a checkpoint of %d bytes", ErrMessage, len(c.Note))
	}
	return json.Marshal(c)
}

// DecodeCosigned reads a Cosigned. Only bytes that Encode gives are accepted; what
// the note says is for the journal to verify.
func DecodeCosigned(b []byte) (Cosigned, error) {
	var c Cosigned
	if err := strict(b, &c, 2*MaxCosigned); err != nil {
		return Cosigned{}, err
	}
	if len(c.Note) == 0 || len(c.Note) > MaxCosigned {
		return Cosigned{}, fmt.Errorf("%w: a checkpoint of %d bytes", ErrMessage, len(c.Note))
	}
	return c, same(b, c)
}
