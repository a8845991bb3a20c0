package filechooser

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// The common file dialogs of Windows are COM objects: Microsoft Learn, "Common Item Dialog" (IFileDialog, IFileOpenDialog,
// IFileSaveDialog, IShellItem, IShellItemArray).
var (
	ole32                     = syscall.NewLazyDLL("ole32.dll")
	initialize                = ole32.NewProc("CoInitializeEx")
	uninitialize              = ole32.NewProc("CoUninitialize")
	createInstance            = ole32.NewProc("CoCreateInstance")
	freeMemory                = ole32.NewProc("CoTaskMemFree")
	createItemFromParsingName = syscall.NewLazyDLL("shell32.dll").NewProc("SHCreateItemFromParsingName")
	user32                    = syscall.NewLazyDLL("user32.dll")
	enumThreadWindows         = user32.NewProc("EnumThreadWindows")
	postMessage               = user32.NewProc("PostMessageW")
	currentThread             = syscall.NewLazyDLL("kernel32.dll").NewProc("GetCurrentThreadId")
	classOpenDialog           = guid{0xDC1C5A9C, 0xE88A, 0x4DDE, [8]byte{0xA5, 0xA1, 0x60, 0xF8, 0x2A, 0x20, 0xAE, 0xF7}}
	classSaveDialog           = guid{0xC0B4E2F3, 0xBA21, 0x4773, [8]byte{0x8D, 0xBA, 0x33, 0x5E, 0xC9, 0x46, 0xEB, 0x8B}}
	idOpenDialog              = guid{0xD57C7288, 0xD4AD, 0x4768, [8]byte{0xBE, 0x02, 0x9D, 0x96, 0x95, 0x32, 0xD9, 0x60}}
	idSaveDialog              = guid{0x84BCCD23, 0x5FDE, 0x4CDB, [8]byte{0xAE, 0xA4, 0xAF, 0x64, 0xB8, 0x3D, 0x78, 0xAB}}
	idShellItem               = guid{0x43826D1E, 0xE718, 0x42EE, [8]byte{0xBC, 0x55, 0xA1, 0xE2, 0x61, 0xC3, 0x7B, 0xFE}}
	errDismissed              = hresult(0x800704C7) // HRESULT_FROM_WIN32(ERROR_CANCELLED)
	dialogCloser              = sync.OnceValue(func() uintptr { return syscall.NewCallback(closeDialog) })
)

const (
	apartment   = 0x2 | 0x4  // COINIT_APARTMENTTHREADED, COINIT_DISABLE_OLE1DDE
	inProcess   = 0x1        // CLSCTX_INPROC_SERVER
	displayPath = 0x80058000 // SIGDN_FILESYSPATH
	command     = 0x111      // WM_COMMAND
	cancel      = 2          // IDCANCEL
	closePause  = time.Second / 5
)

// Options of a dialog (FILEOPENDIALOGOPTIONS).
const (
	askBeforeReplacing = 0x2    // FOS_OVERWRITEPROMPT
	keepDirectory      = 0x8    // FOS_NOCHANGEDIR
	pickFolders        = 0x20   // FOS_PICKFOLDERS
	onlyFiles          = 0x40   // FOS_FORCEFILESYSTEM
	several            = 0x200  // FOS_ALLOWMULTISELECT
	pathExists         = 0x800  // FOS_PATHMUSTEXIST
	fileExists         = 0x1000 // FOS_FILEMUSTEXIST
)

// Methods of the interfaces, by their index in the table of an object.
const (
	release             = 2
	dialogShow          = 3
	dialogSetTypes      = 4
	dialogGetTypeIndex  = 6
	dialogSetOptions    = 9
	dialogGetOptions    = 10
	dialogSetFolder     = 12
	dialogSetName       = 15
	dialogSetTitle      = 17
	dialogSetOkLabel    = 18
	dialogGetResult     = 20
	dialogSetExtension  = 22
	openDialogResults   = 27
	itemGetDisplayName  = 5
	itemArrayGetCount   = 7
	itemArrayGetItemAt  = 8
	methodsOfTheLargest = 29
)

type guid struct {
	a    uint32
	b, c uint16
	d    [8]byte
}

// hresult is the result of a method; negative values are errors.
type hresult uint32

// Error implements error.
func (r hresult) Error() string { return fmt.Sprintf("HRESULT %#x", uint32(r)) }

// object is a COM object.
type object struct{ methods *[methodsOfTheLargest]uintptr }

// call calls a method of the object. Arguments that were pointers stay valid until it returns.
//
//go:uintptrescapes
func (o *object) call(method int, args ...uintptr) error {
	code, _, _ := syscall.SyscallN(o.methods[method], append([]uintptr{uintptr(unsafe.Pointer(o))}, args...)...)
	return check(code)
}

func check(code uintptr) error {
	if int32(code) < 0 {
		return hresult(uint32(code))
	}
	return nil
}

func (o *object) release() { _ = o.call(release) }

// filterSpec is a filter of a dialog (COMDLG_FILTERSPEC).
type filterSpec struct{ name, pattern *uint16 }

// Show opens a dialog and waits until it is closed. When ctx ends, it closes the dialog and returns ctx.Err(). It must not
// be called on the drawing goroutine.
func Show(ctx context.Context, d Dialog) (Answer, error) {
	type outcome struct {
		answer Answer
		err    error
	}
	thread, done := make(chan uintptr, 1), make(chan outcome, 1)
	go func() {
		runtime.LockOSThread() // the dialog lives on one thread, which ends with this goroutine
		id, _, _ := currentThread.Call()
		thread <- id
		answer, err := show(d)
		done <- outcome{answer, err}
	}()
	id := <-thread
	for {
		select {
		case o := <-done:
			if ctx.Err() != nil {
				return Answer{}, ctx.Err()
			}
			return o.answer, o.err
		case <-ctx.Done():
			_, _, _ = enumThreadWindows.Call(id, dialogCloser(), 0)
			select { // the dialog may not have been open yet
			case <-done:
				return Answer{}, ctx.Err()
			case <-time.After(closePause):
			}
		}
	}
}

// closeDialog presses the button Cancel of a dialog. EnumThreadWindows calls it for each window of a thread.
func closeDialog(window, _ uintptr) uintptr {
	_, _, _ = postMessage.Call(window, command, cancel, 0)
	return 1 // go on
}

func show(d Dialog) (Answer, error) {
	if code, _, _ := initialize.Call(0, apartment); check(code) != nil {
		return Answer{}, noDialog(check(code))
	}
	defer uninitialize.Call()
	class, id := &classOpenDialog, &idOpenDialog
	if d.Kind == SaveFile {
		class, id = &classSaveDialog, &idSaveDialog
	}
	var dialog *object
	code, _, _ := createInstance.Call(uintptr(unsafe.Pointer(class)), 0, inProcess, uintptr(unsafe.Pointer(id)), uintptr(unsafe.Pointer(&dialog)))
	if err := check(code); err != nil {
		return Answer{}, noDialog(err)
	}
	defer dialog.release()
	if err := prepare(dialog, d); err != nil {
		return Answer{}, noDialog(err)
	}
	switch err := dialog.call(dialogShow, d.Parent); err {
	case nil:
		return read(dialog, d)
	case errDismissed:
		return Answer{Filter: -1}, nil
	default:
		return Answer{}, noDialog(err)
	}
}

// prepare sets what a dialog shows at first.
func prepare(dialog *object, d Dialog) error {
	var options uint32
	if err := dialog.call(dialogGetOptions, uintptr(unsafe.Pointer(&options))); err != nil {
		return err
	}
	options |= keepDirectory | onlyFiles | pathExists
	switch d.Kind {
	case OpenFiles:
		options |= several | fileExists
	case OpenFile:
		options |= fileExists
	case OpenFolder:
		options |= pickFolders
	case SaveFile:
		options &^= askBeforeReplacing // no file is replaced, so the question would promise too much
	}
	if err := dialog.call(dialogSetOptions, uintptr(options)); err != nil {
		return err
	}
	for method, text := range map[int]string{dialogSetTitle: d.Title, dialogSetOkLabel: d.Accept, dialogSetName: d.Name} {
		if text == "" {
			continue
		}
		if err := dialog.call(method, uintptr(unsafe.Pointer(utf16Of(text)))); err != nil {
			return err
		}
	}
	setFolder(dialog, d.Folder)
	return setFilters(dialog, d)
}

// setFolder sets where a dialog begins. A folder that is gone changes nothing.
func setFolder(dialog *object, folder string) {
	if folder == "" {
		return
	}
	var item *object
	code, _, _ := createItemFromParsingName.Call(uintptr(unsafe.Pointer(utf16Of(folder))), 0, uintptr(unsafe.Pointer(&idShellItem)), uintptr(unsafe.Pointer(&item)))
	if check(code) != nil {
		return
	}
	defer item.release()
	_ = dialog.call(dialogSetFolder, uintptr(unsafe.Pointer(item)))
}

func setFilters(dialog *object, d Dialog) error {
	if d.Kind == OpenFolder || len(d.Filters) == 0 {
		return nil
	}
	specs := make([]filterSpec, len(d.Filters))
	for i, f := range d.Filters {
		patterns := []string{"*.*"}
		if len(f.Extensions) > 0 {
			patterns = nil
		}
		for _, extension := range f.Extensions {
			patterns = append(patterns, "*"+extension)
		}
		specs[i] = filterSpec{utf16Of(f.Name), utf16Of(strings.Join(patterns, ";"))}
	}
	err := dialog.call(dialogSetTypes, uintptr(len(specs)), uintptr(unsafe.Pointer(&specs[0])))
	if err == nil && d.Kind == SaveFile && len(d.Filters[0].Extensions) > 0 {
		err = dialog.call(dialogSetExtension, uintptr(unsafe.Pointer(utf16Of(strings.TrimPrefix(d.Filters[0].Extensions[0], ".")))))
	}
	return err
}

// read returns what was chosen in a dialog.
func read(dialog *object, d Dialog) (Answer, error) {
	answer := Answer{Filter: -1}
	var chosen uint32 // counted from 1
	if err := dialog.call(dialogGetTypeIndex, uintptr(unsafe.Pointer(&chosen))); err == nil && chosen >= 1 && int(chosen) <= len(d.Filters) {
		answer.Filter = int(chosen) - 1
	}
	if d.Kind == SaveFile {
		var item *object
		if err := dialog.call(dialogGetResult, uintptr(unsafe.Pointer(&item))); err != nil {
			return Answer{}, noDialog(err)
		}
		return answer.with(item)
	}
	var items *object
	if err := dialog.call(openDialogResults, uintptr(unsafe.Pointer(&items))); err != nil {
		return Answer{}, noDialog(err)
	}
	defer items.release()
	var count uint32
	if err := items.call(itemArrayGetCount, uintptr(unsafe.Pointer(&count))); err != nil {
		return Answer{}, noDialog(err)
	}
	for i := range count {
		var item *object
		err := items.call(itemArrayGetItemAt, uintptr(i), uintptr(unsafe.Pointer(&item)))
		if err == nil {
			answer, err = answer.with(item)
		}
		if err != nil {
			return Answer{}, err
		}
	}
	return answer, nil
}

// with returns the answer with the path of one more item, which it releases.
func (a Answer) with(item *object) (Answer, error) {
	defer item.release()
	var text *uint16
	if err := item.call(itemGetDisplayName, displayPath, uintptr(unsafe.Pointer(&text))); err != nil {
		return Answer{}, ErrNotLocal
	}
	defer freeMemory.Call(uintptr(unsafe.Pointer(text)))
	n := 0
	for p := text; *p != 0; p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2)) {
		n++
	}
	a.Paths = append(a.Paths, syscall.UTF16ToString(unsafe.Slice(text, n)))
	return a, nil
}

// utf16Of returns a text for Windows, up to its first zero byte.
func utf16Of(text string) *uint16 {
	text, _, _ = strings.Cut(text, "\x00")
	p, _ := syscall.UTF16PtrFromString(text) // fails for a zero byte alone
	return p
}
