package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/assets"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Recovery is what a person can do about a desk that cannot be opened: restore a backup.
type Recovery struct {
	Backup string // its path
	// Restore makes a home of the backup in place of the damaged one, and returns where that is then. It runs on a goroutine of its own.
	Restore  func(context.Context) (damaged string, err error)
	Dispatch func(func()) // runs a function on the drawing goroutine, and does not wait for it
}

// recoveryHeight has room for each text about a recovery in every language, so that the window keeps its size.
const recoveryHeight = 240

// Failure is a window that explains why the desk cannot be opened.
type Failure struct {
	fyne.Window
	lang     i18n.Language
	recovery *Recovery
	bg       *async.Worker
}

// ShowFailure opens a window that explains in one sentence why the desk cannot be opened, for people who start the
// program from a menu and see no standard error. With a recovery, which may be nil, it offers to restore a backup.
// Closing the window ends the program; what is being restored is stopped then, which [Failure.Wait] waits for. ShowFailure
// must be called on the drawing goroutine, before the program runs.
func ShowFailure(a fyne.App, look kit.Look, lang i18n.Language, err error, recovery *Recovery) *Failure {
	f := &Failure{Window: a.NewWindow(programName), lang: languageOrSystem(lang), recovery: recovery, bg: async.New(func(do func()) { do() })}
	if recovery != nil {
		f.bg = async.New(recovery.Dispatch)
	}
	a.Settings().SetTheme(kit.Theme(look))
	f.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	f.SetFixedSize(true)
	f.SetOnClosed(f.bg.Close)
	f.showError(f.lang.Say("window.no_desk"), err)
	f.Show()
	return f
}

// Wait waits until nothing is restored any more. It must be called after the window was closed.
func (f *Failure) Wait() { f.bg.Wait() }

// showError shows an error, and offers to restore the backup if there is one.
func (f *Failure) showError(title string, err error) {
	text := kit.Sentence(explain.Error(f.lang, err))
	if f.recovery == nil {
		f.show(title, text, f.closeButton())
		return
	}
	restore := f.button(f.lang.Say("recover.restore"), widget.MediumImportance, f.ask)
	f.show(title, text, f.closeButton(), restore)
}

// ask asks whether the backup shall be restored.
func (f *Failure) ask() {
	yes := f.button(f.lang.Say("recover.yes"), widget.HighImportance, f.restore)
	f.show(f.lang.Say("recover.title"), f.lang.Say("recover.question", f.recovery.Backup), yes, f.closeButton())
}

func (f *Failure) restore() {
	f.show(f.lang.Say("recover.title"), f.lang.Say("recover.running"), f.closeButton())
	async.Call(f.bg, f.recovery.Restore, func(damaged string, err error) {
		if err != nil {
			f.showError(f.lang.Say("recover.failed"), err)
			return
		}
		f.show(f.lang.Say("recover.done"), f.lang.Say("recover.next", damaged), f.closeButton())
	})
}

func (f *Failure) closeButton() *kit.Button {
	return f.button(f.lang.Say("window.quit"), widget.MediumImportance, f.Close)
}

func (f *Failure) button(label string, importance widget.Importance, tapped func()) *kit.Button {
	return kit.NewButton(label, "", importance, func(*fyne.KeyEvent) {}, tapped)
}

// show shows a title, a text and buttons. The first button has the keyboard.
func (f *Failure) show(title, text string, buttons ...*kit.Button) {
	row := container.NewHBox()
	for _, b := range buttons {
		row.Add(b)
	}
	body := container.New(kit.Column(14),
		kit.NewBoldText(theme.SizeNameSubHeadingText, theme.ColorNameForeground).Set(title),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(text),
		container.NewBorder(nil, nil, nil, row),
	)
	body.Resize(fyne.NewSize(kit.ModalWidth, 1)) // a text needs its width before it knows its height
	var height float32
	if f.recovery != nil {
		height = recoveryHeight
	}
	f.SetContent(container.New(kit.Padding(24, 20), container.New(kit.MinSize(kit.ModalWidth, height), body)))
	f.Canvas().Focus(buttons[0])
}
