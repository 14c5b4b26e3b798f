package central

import (
	"encoding/json"
	"errors"
	"fmt"

	"pitlane/edge/job"
	"pitlane/edge/tlog"
)

// Columns seals what the database keeps of people and their cars (edge/vault). Its
// methods may be called from any goroutine.
type Columns interface {
	// SealColumn seals a column of a job's row. Nil: the job's data is erased.
	SealColumn(job, name string, plain []byte) ([]byte, error)
	// OpenColumn opens it. tlog.ErrNoKey: its key is gone.
	OpenColumn(job, name string, sealed []byte) ([]byte, error)
	// Search is the keyed HMAC of a word that is looked up; "" of "".
	Search(kind, word string) (string, error)
}

// jobColumn, scanColumn and vehicleColumn are what lies sealed in a row.
type jobColumn struct {
	Plate     string        `json:"plate"`
	VIN       string        `json:"vin"`
	Complaint job.Complaint `json:"complaint"`
	Lines     []job.Line    `json:"lines"`
}

type scanColumn struct {
	VIN    string `json:"vin"`
	Report []byte `json:"report"`
}

type vehicleColumn struct {
	VIN   string `json:"vin"`
	Plate string `json:"plate"`
}

func (s *sqlStore) seal(id, name string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal a %s: %w", name, err)
	}
	b, err := s.columns.SealColumn(id, name, plain)
	if err != nil {
		return nil, fmt.Errorf("seal a %s: %w", name, err)
	}
	return b, nil
}

// open opens a column into v; without its key v stays as it is.
func (s *sqlStore) open(id, name string, sealed []byte, v any) error {
	plain, err := s.columns.OpenColumn(id, name, sealed)
	if errors.Is(err, tlog.ErrNoKey) || err == nil && plain == nil {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(plain, v)
	}
	if err != nil {
		return fmt.Errorf("open a %s: %w", name, err)
	}
	return nil
}
