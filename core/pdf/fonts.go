package pdf

import (
	"regexp"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// fontOperator matches the operator that chooses a font (ISO 32000-1, 9.3.1), with the name of the font.
var fontOperator = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/([^\x00\t\n\f\r ()<>\[\]{}/%]+)[\x00\t\n\f\r ]+[-+.0-9]+[\x00\t\n\f\r ]+Tf`)
})

// lacksFont reports whether an appearance (ISO 32000-1, 12.5.5), or a form XObject in it, may choose a font that is not in its
// resources. Some readers then look for it in the resources of the form. It panics when the budget is exceeded.
func (d *document) lacksFont(appearance types.Object) bool {
	const mostObjects = 64
	d.budget.check()
	search := fontSearch{d, mostObjects}
	return search.lacks(appearance, nil)
}

// fontSearch looks through an appearance. What has more objects than it may visit counts as lacking a font.
type fontSearch struct {
	*document
	left int // objects that may still be visited
}

// lacks is lacksFont for a part of the appearance. inherited are the resources of the stream around it.
func (s *fontSearch) lacks(o types.Object, inherited types.Dict) bool {
	if s.left--; s.left < 0 {
		return true
	}
	switch o := s.resolve(o).(type) {
	case types.Dict: // the appearances of a field, or those for its states
		for _, appearance := range o {
			if s.lacks(appearance, inherited) {
				return true
			}
		}
	case types.StreamDict:
		return s.streamLacks(o, inherited)
	}
	return false
}

func (s *fontSearch) streamLacks(stream types.StreamDict, inherited types.Dict) bool {
	const longest = 1 << 20
	if s.name(stream.Dict["Subtype"]) == "Image" {
		return false
	}
	content := s.decodeStream(stream, longest)
	if content == nil && len(stream.Raw) > 0 {
		return true
	}
	resources := s.dict(stream.Dict["Resources"])
	for _, object := range s.dict(resources["XObject"]) {
		if s.lacks(object, resources) {
			return true
		}
	}
	if resources == nil {
		resources = inherited
	}
	fonts := s.dict(resources["Font"])
	for _, match := range fontOperator().FindAllSubmatch(content, -1) {
		if s.dict(fonts[unescaped(match[1])]) == nil {
			return true
		}
	}
	return false
}
