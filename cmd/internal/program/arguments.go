package program

import (
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"
)

// ExactText makes a parser of the command line keep the bytes of each text. The parser's own way would replace the bytes
// that are not UTF-8, and the name of a file may have such bytes: the file could not be found by what is left of it.
func ExactText() kong.Option {
	return kong.KindMapper(reflect.String, kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		token, err := ctx.Scan.PopValue("string")
		if err != nil {
			return err
		}
		text, ok := token.Value.(string)
		if !ok {
			text = fmt.Sprint(token.Value) // the default value of a flag
		}
		target.SetString(text)
		return nil
	}))
}
