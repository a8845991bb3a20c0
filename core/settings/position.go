package settings

import (
	"math"
	"strconv"

	"countersign/core/request"
)

const (
	maxPositions = 30        // entries of Settings.Positions
	maxLength    = 1_000_000 // points, in an entry
)

// SignaturePosition is where a signature was placed on a page of a size. All lengths are in points, as the page is seen: turned and
// cropped as it is shown.
type SignaturePosition struct {
	Gateway    string  `toml:"gateway"`
	PageWidth  float64 `toml:"page_width"`
	PageHeight float64 `toml:"page_height"`

	Page   string  `toml:"page"` // a number from 1, or "last"
	Left   float64 `toml:"left"`
	Top    float64 `toml:"top"` // from the upper edge of the page
	Width  float64 `toml:"width"`
	Height float64 `toml:"height"`
}

// IsLike reports whether two positions are for the same gateway and for pages of the same size, but for a point or so.
func (p SignaturePosition) IsLike(other SignaturePosition) bool {
	const close = 1.5 // programs round the same size of paper differently
	return p.Gateway == other.Gateway && math.Abs(p.PageWidth-other.PageWidth) < close && math.Abs(p.PageHeight-other.PageHeight) < close
}

// RememberPosition keeps where a signature was placed, in place of an earlier position that is like it. The positions that were used
// longest ago are forgotten when there are too many.
func (s *Settings) RememberPosition(p SignaturePosition) {
	kept := []SignaturePosition{p}
	for _, other := range s.Positions {
		if !other.IsLike(p) && len(kept) < maxPositions {
			kept = append(kept, other)
		}
	}
	s.Positions = kept
}

func (p SignaturePosition) check() error {
	page, err := strconv.Atoi(p.Page)
	valid := isLine(p.Gateway) && (p.Page == "last" || err == nil && page > 0)
	for _, length := range []float64{p.PageWidth, p.PageHeight, p.Width, p.Height} {
		valid = valid && length > 0 && length <= maxLength
	}
	for _, length := range []float64{p.Left, p.Top} {
		valid = valid && length >= -maxLength && length <= maxLength
	}
	if !valid {
		return &KeyError{"position", request.Sentencef("position_wrong", "a signature position has a gateway, a page, and lengths in points: remove it")}
	}
	return nil
}

func (s Settings) checkPositions() error {
	if len(s.Positions) > maxPositions {
		return &KeyError{"position", request.Sentencef("too_many_positions", "there are more than %d", maxPositions)}
	}
	for _, p := range s.Positions {
		if err := p.check(); err != nil {
			return err
		}
	}
	return nil
}
