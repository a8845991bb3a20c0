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

// Failure is a window without a desk: it explains why there is none, and restores a backup.
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

// OfferRestore shows the error of a damaged ledger, which the window only reads, with a button that asks whether to restore a backup in
// place of the home. If so, the window gives up the desk and shows what becomes of the restoring. r.Restore has to close the desk
// first, for which it can call [Window.Wait]. OfferRestore may be called from any goroutine.
func (w *Window) OfferRestore(err error, r *Recovery) {
	w.bg.Show(func() {
		w.notices.fail(kit.Sentence(explain.Error(w.lang, err)))
		w.notices.offer(w.lang.Say("recover.restore"), kit.IconBack, func() { w.askRestore(r) })
	})
}

func (w *Window) askRestore(r *Recovery) {
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(w.lang.Say("recover.question", r.Backup))
	yes := kit.NewButton(w.lang.Say("recover.yes"), "", widget.HighImportance, w.onKey, func() { w.giveUpDesk(r).restore() })
	no := kit.NewButton(w.lang.Say("recover.no"), "", widget.MediumImportance, w.onKey, w.modals.Close)
	w.modals.Open(w.lang.Say("recover.title"), text, no, no, yes)
}

// giveUpDesk cancels the window's background work, and returns the window as one without a desk.
func (w *Window) giveUpDesk(r *Recovery) *Failure {
	w.modals.Close()
	w.bg.Close()
	f := &Failure{Window: w.window, lang: w.lang, recovery: r, bg: async.New(r.Dispatch)}
	f.SetMainMenu(nil)
	f.Canvas().SetOnTypedKey(nil)
	f.SetOnDropped(nil)
	f.SetCloseIntercept(nil)
	f.SetOnClosed(func() {
		w.end()
		f.bg.Close()
	})
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
	f.SetContent(container.NewCenter(container.New(kit.Padding(24, 20), container.New(kit.MinSize(kit.ModalWidth, height), body))))
	f.Canvas().Focus(buttons[0])
}
