package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const stateFile = "state.db"

// table is a bucket whose values are JSON records of the type T.
type table[T any] struct{ name string }

// The buckets of the database:
//
//	tokens         SHA-256 of an access token → its record, with what it may be used for
//	codes          SHA-256 of an authorization code → what the signer authorized
//	trips          SHA-256 of the state of an authorization request → what the signing service asked for
//	sessions       SHA-256 of a session cookie → who is signed in
//	processes      id → TRIDENT signature process
//	documents      id → TRIDENT document
//	docs           number → PortaSigma document
//	signers        number → PortaSigma signature request
//	misbehaviours  object → its misbehavior
//	rules          "set" → the names of the rules that are set
//	content        id of a document of either gateway → its bytes as they are now
//
// A document's record and its bytes are written in one transaction.
var (
	tokens                = table[accessToken]{"tokens"}
	codes                 = table[authorizationCode]{"codes"}
	pendingAuthorizations = table[pendingAuthorization]{"trips"}
	sessions              = table[session]{"sessions"}
	processes             = table[process]{"processes"}
	documents             = table[document]{"documents"}
	docs                  = table[portaDoc]{"docs"}
	signers               = table[portaSigner]{"signers"}
	misbehaviors          = table[misbehavior]{"misbehaviours"}
	contents              = []byte("content")
)

// expiring is embedded in records that expire.
type expiring struct {
	Expires time.Time `json:"expires"`
}

func (e expiring) expired(now time.Time) bool { return !now.Before(e.Expires) }

// state is the database of both gateways. Each method is one transaction, which is on disk when the method returns.
type state struct{ db *bolt.DB }

// openState opens the database in dir, or creates it. It fails if another process still has it open after five seconds.
func openState(dir string) (*state, error) {
	db, err := bolt.Open(filepath.Join(dir, stateFile), 0o600, &bolt.Options{Timeout: 5 * time.Second})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open %s: another program is serving the same practice gateways", stateFile)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", stateFile, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{
			tokens.name, codes.name, pendingAuthorizations.name, sessions.name, processes.name, documents.name, docs.name, signers.name,
			misbehaviors.name, rules.name, string(contents),
		} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare %s: %w", stateFile, err)
	}
	return &state{db: db}, nil
}

func (s *state) close() error { return s.db.Close() }

// get returns the record at key. found reports whether there is one.
func (t table[T]) get(tx *bolt.Tx, key string) (record T, found bool, err error) {
	data := tx.Bucket([]byte(t.name)).Get([]byte(key))
	if data == nil {
		return record, false, nil
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return record, false, fmt.Errorf("read from %s: %w", t.name, err)
	}
	return record, true, nil
}

func (t table[T]) put(tx *bolt.Tx, key string, record T) error {
	data, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("write to %s: %w", t.name, err)
	}
	return tx.Bucket([]byte(t.name)).Put([]byte(key), data)
}

func (t table[T]) delete(tx *bolt.Tx, key string) error {
	return tx.Bucket([]byte(t.name)).Delete([]byte(key))
}

// next returns the bucket's next number, from 1. A number is never returned twice.
func (t table[T]) next(tx *bolt.Tx) (int, error) {
	n, err := tx.Bucket([]byte(t.name)).NextSequence()
	return int(n), err // #nosec G115 -- the bucket counts from 1
}

// prune deletes the records for which the function dead returns true, and those that cannot be
// read.
func (t table[T]) prune(tx *bolt.Tx, dead func(T) bool) error {
	cursor := tx.Bucket([]byte(t.name)).Cursor()
	for key, data := cursor.First(); key != nil; key, data = cursor.Next() {
		var record T
		if json.Unmarshal(data, &record) == nil && !dead(record) {
			continue
		}
		if err := cursor.Delete(); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) addSession(cookie string, v session, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if err := sessions.prune(tx, func(v session) bool { return v.expired(now) }); err != nil {
			return err
		}
		return sessions.put(tx, fingerprint(cookie), v)
	})
}

func (s *state) session(cookie string, now time.Time) (v session, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		v, found, err = sessions.get(tx, fingerprint(cookie))
		found = found && !v.expired(now)
		return err
	})
	return v, found, err
}

func (s *state) endSession(cookie string) error {
	return s.db.Update(func(tx *bolt.Tx) error { return sessions.delete(tx, fingerprint(cookie)) })
}

// contentKey returns the key of a document's bytes. The ids of TRIDENT documents are never numbers, so the ids of both gateways differ.
func contentKey(id any) []byte { return fmt.Appendf(nil, "%v", id) }

func putContent(tx *bolt.Tx, id any, data []byte) error {
	return tx.Bucket(contents).Put(contentKey(id), data)
}

func deleteContent(tx *bolt.Tx, id any) error { return tx.Bucket(contents).Delete(contentKey(id)) }

// content returns a copy of the bytes of a document of either gateway, or nil when there is no such document.
func (s *state) content(id any) (data []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		// What Get returns is valid only inside the transaction.
		data = append(data, tx.Bucket(contents).Get(contentKey(id))...)
		return nil
	})
	return data, err
}

// makeDir creates dir, and its parents, if it is missing. In any case dir is then accessible to its owner only.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) // #nosec G302 -- a folder, for the owner alone; an existing folder may have other permissions
}
