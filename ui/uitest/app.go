package uitest

import (
	"slices"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

// sharedApp returns the app of all tests of a package. The toolkit reads its fonts again for each new app and whenever a theme is set, which
// takes longer than most tests.
var sharedApp = sync.OnceValue(test.NewApp)

// App returns an app in memory with an empty clipboard, which is the current app from now on. Windows that a test opens and leaves are
// closed when it ends.
func App(t *testing.T) fyne.App {
	t.Helper()
	a := app{sharedApp()}
	fyne.SetCurrentApp(a.App)
	a.Clipboard().SetContent("")
	before := len(a.Driver().AllWindows())
	t.Cleanup(func() {
		for _, w := range slices.Clone(a.Driver().AllWindows())[before:] {
			w.Close()
		}
	})
	// When it draws, the toolkit drops what is a minute older than the last time it drew. That must be nothing of this test.
	software.NewCanvas().Capture()
	return a
}

// app is the app of all tests, for one of them.
type app struct{ fyne.App }

func (a app) Settings() fyne.Settings { return appSettings{a.App.Settings()} }

type appSettings struct{ fyne.Settings }

// SetTheme sets a theme unless it is set already.
func (s appSettings) SetTheme(theme fyne.Theme) {
	if s.Theme() != theme {
		s.Settings.SetTheme(theme)
	}
}
