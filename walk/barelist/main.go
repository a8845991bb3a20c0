// Command barelist shows a list of the toolkit and nothing else. The window's memory and its time to the first picture are compared with
// it. It is no part of the product.
package main

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	const rows = 1000
	w := app.NewWithID("app.countersign.barelist").NewWindow("A bare list")
	w.SetContent(widget.NewList(
		func() int { return rows },
		func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText("Row " + strconv.Itoa(i)) },
	))
	w.Resize(fyne.NewSize(1100, 720))
	w.ShowAndRun()
}
