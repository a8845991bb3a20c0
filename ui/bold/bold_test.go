package bold_test

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"countersign/ui/bold"
)

func TestOnlyBoldTextWithLettersThatTheFontLacksIsDrawnTwice(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "Lease 2026": false, "Ünïcode Œuvre": false, "Договор": false, "Σύμβαση": false, "“Lease” – 50 €": false, "✓ ٠": false,
		"عقد إيجار": true, "חוזה": true, "合同": true, "契約": true, "계약": true, "สัญญา": true, "Lease 合同": true,
	} {
		for _, isBold := range []bool{true, false} {
			line, over := canvas.NewText(text, color.Black), canvas.NewText("", nil)
			line.TextStyle.Bold, line.TextSize = isBold, 14
			line.Move(fyne.NewPos(3, 5))
			bold.Stroke(over, line)
			if over.Visible() != (want && isBold) {
				t.Errorf("%q, bold %t: the second drawing is visible: %t", text, isBold, over.Visible())
			}
			if over.Visible() && (over.Text != text || over.TextSize != 14 || !over.TextStyle.Bold || over.Position().X <= 3 || over.Position().X > 4 || over.Position().Y != 5) {
				t.Errorf("%q is drawn again at %v as %+v", text, over.Position(), over)
			}
		}
	}
}
