package bidi

const (
	LeftToRightMark = leftToRightMark
	MirrorPairs     = mirrorPairs
)

var Mirrored = mirrored
