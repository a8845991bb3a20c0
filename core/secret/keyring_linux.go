package secret

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// The names of the Secret Service ("Secret Service API Draft", freedesktop.org).
const (
	secretsName         = "org.freedesktop.secrets"
	secretsPath         = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath           = secretsPath + "/collection/login"
	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	promptInterface     = "org.freedesktop.Secret.Prompt"
)

// noPath is what the Secret Service answers in place of an object that does not exist.
const noPath = dbus.ObjectPath("/")

// session is a connection to the session bus. Each call of a method of [systemKeyring] has its own.
type session struct{ *dbus.Conn }

// connect connects to the session bus, and fails with [ErrNoKeyring] if it cannot. The connection outlives ctx, so that a question
// can still be withdrawn. The caller closes it.
func connect(ctx context.Context) (session, error) {
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(whole))
	if err != nil {
		cancel()
		return session{}, errors.Join(ErrNoKeyring, ctx.Err())
	}
	stop()
	context.AfterFunc(conn.Context(), cancel)
	return session{conn}, nil
}

func (s session) service() dbus.BusObject { return s.Object(secretsName, secretsPath) }

// answerError returns [ErrNoKeyring] if err, the error of a call, says that nothing on the bus offers the Secret Service. It
// returns any other error as it is.
func answerError(err error) error {
	if answer, ok := errors.AsType[dbus.Error](err); ok && slices.Contains([]string{
		"org.freedesktop.DBus.Error.ServiceUnknown",
		"org.freedesktop.DBus.Error.NameHasNoOwner",
		"org.freedesktop.DBus.Error.Spawn.ServiceNotFound",
	}, answer.Name) {
		return ErrNoKeyring
	}
	return err
}

// Contains implements lockable with SearchItems, which also finds what is locked.
func (systemKeyring) Contains(ctx context.Context, service, user string) (bool, error) {
	s, err := connect(ctx)
	if err != nil {
		return false, err
	}
	defer s.Close()
	var unlocked, locked []dbus.ObjectPath
	wanted := map[string]string{"service": service, "username": user}
	err = s.service().CallWithContext(ctx, serviceInterface+".SearchItems", 0, wanted).Store(&unlocked, &locked)
	if err != nil || len(unlocked)+len(locked) > 0 {
		return err == nil, answerError(err)
	}
	collection, err := s.collection(ctx)
	if err == nil && collection == noPath {
		return false, ErrNoKeyring
	}
	return false, answerError(err)
}

// Unlock implements lockable. If the Secret Service has no collection yet, it returns what create returns, which has the system ask
// its user to make one.
func (systemKeyring) Unlock(ctx context.Context, ask bool) error {
	s, err := connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	collection, err := s.collection(ctx)
	if err != nil {
		return answerError(err)
	}
	if collection == noPath {
		return s.create(ctx, ask)
	}
	locked, err := s.locked(ctx, collection)
	switch {
	case err != nil:
		return answerError(err)
	case !locked:
		return nil
	case !ask || !hasScreen():
		return ErrLocked
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = s.service().CallWithContext(ctx, serviceInterface+".Unlock", 0, []dbus.ObjectPath{collection}).Store(&unlocked, &prompt)
	if err != nil {
		return err
	}
	if err := s.prompt(ctx, prompt); err != nil {
		return err
	}
	if locked, err = s.locked(ctx, collection); err == nil && locked {
		return ErrDismissed
	}
	return err
}

// hasScreen reports whether a person at this session would see a question of the system.
func hasScreen() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }

// property returns the property called name of an object of the Secret Service. of is the interface that has the property.
func (s session) property(ctx context.Context, object dbus.ObjectPath, of, name string) (any, error) {
	var value dbus.Variant
	err := s.Object(secretsName, object).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, of, name).Store(&value)
	return value.Value(), err
}

// collection returns the collection that secrets are stored in: the one named login, as package keyring has it, or else the
// default one; noPath when there is neither.
func (s session) collection(ctx context.Context) (dbus.ObjectPath, error) {
	value, err := s.property(ctx, secretsPath, serviceInterface, "Collections")
	if err != nil {
		return "", err
	}
	if all, ok := value.([]dbus.ObjectPath); ok && slices.Contains(all, loginPath) {
		return loginPath, nil
	}
	var path dbus.ObjectPath
	err = s.service().CallWithContext(ctx, serviceInterface+".ReadAlias", 0, "default").Store(&path)
	return path, err
}

func (s session) locked(ctx context.Context, collection dbus.ObjectPath) (bool, error) {
	value, err := s.property(ctx, collection, collectionInterface, "Locked")
	locked, ok := value.(bool)
	return locked || !ok, err
}

// create has the system ask its user for the password of a first collection, and makes this collection. It returns [ErrDismissed]
// if the user dismisses the question. Without asking, it returns [ErrNoKeyring] where nobody would see the question, and
// [ErrLocked] if ask is not set.
func (s session) create(ctx context.Context, ask bool) error {
	switch {
	case !hasScreen():
		return ErrNoKeyring
	case !ask:
		return ErrLocked
	}
	properties := map[string]dbus.Variant{collectionInterface + ".Label": dbus.MakeVariant("Login")}
	var collection, prompt dbus.ObjectPath
	err := s.service().CallWithContext(ctx, serviceInterface+".CreateCollection", 0, properties, "default").Store(&collection, &prompt)
	if err != nil {
		return err
	}
	return s.prompt(ctx, prompt)
}

// prompt has the Secret Service show the question at path, and waits for the answer. It returns [ErrDismissed] if the user
// dismisses the question, and withdraws the question when ctx is done. If path is noPath, there is nothing to ask, and it returns
// nil.
func (s session) prompt(ctx context.Context, path dbus.ObjectPath) error {
	if path == noPath {
		return nil // nothing to ask
	}
	defer func() {
		if ctx.Err() != nil {
			s.Object(secretsName, path).Go(promptInterface+".Dismiss", dbus.FlagNoReplyExpected, nil)
		}
	}()
	signals := make(chan *dbus.Signal, 16)
	s.Signal(signals)
	if err := s.AddMatchSignalContext(ctx, dbus.WithMatchObjectPath(path), dbus.WithMatchInterface(promptInterface)); err != nil {
		return err
	}
	if err := s.Object(secretsName, path).CallWithContext(ctx, promptInterface+".Prompt", 0, "").Err; err != nil {
		return err
	}
	for {
		select {
		case signal, open := <-signals:
			if !open {
				return errors.New("the connection to the keyring was closed")
			}
			if signal.Path != path || !strings.HasSuffix(signal.Name, ".Completed") || len(signal.Body) == 0 {
				continue
			}
			if dismissed, ok := signal.Body[0].(bool); dismissed || !ok {
				return ErrDismissed
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
