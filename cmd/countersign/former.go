package main

import (
	"context"
	"errors"

	"countersign/core/home"
)

// answer is what a person answers to a question with three buttons.
type answer int

const (
	answerCancel answer = iota
	answerYes
	answerNo
)

// placeHome asks, by the function ask, about a home that is still where an earlier version of the program made it, and moves it if that is
// the answer. It returns the folder of the home to open, empty for the usual one, to which the home is moved. goOn is false if the program is to
// end. The function tell shows what is left of the home where it was.
func placeHome(ctx context.Context, former home.Former, question string, ask func(text string) answer, tell func(text string)) (folder string, goOn bool, err error) {
	switch ask(question) {
	case answerYes:
		err := former.Move(ctx)
		if left, is := errors.AsType[home.LeftError](err); is {
			tell(left.Error())
		} else if err != nil {
			return "", false, err
		}
		return "", true, nil
	case answerNo:
		return former.From, true, nil
	}
	return "", false, nil
}
