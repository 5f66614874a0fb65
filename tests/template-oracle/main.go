// template-oracle renders templates with Go's own text/template and the public sprig module. It reads one question a line from
// stdin and writes one answer a line to stdout, both JSON. The tests of the template engine compare their own output with it.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

// What a caller wants rendered.
type question struct {
	Name    string          `json:"name"`
	Text    string          `json:"text"`
	Left    string          `json:"left"`
	Right   string          `json:"right"`
	Missing string          `json:"missing"`
	Table   string          `json:"table"`
	Data    json.RawMessage `json:"data"`
	// How often to render, for measurements; 0 is once, without times in the answer.
	Renders int `json:"renders"`
}

// What came of it: exactly one of Out and Error.
type answer struct {
	Out   []byte `json:"out"`
	Error string `json:"error,omitempty"`
	Phase string `json:"phase,omitempty"`
	// Nanoseconds of one parse and of one render, when renders were asked for.
	ParseNanos  int64 `json:"parse_nanos,omitempty"`
	RenderNanos int64 `json:"render_nanos,omitempty"`
}

// More output than any test compares.
const maxOutput = 1 << 20

var errTooLong = errors.New("the output is too long")

// A buffer that stops growing.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxOutput {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}

// ESO's changes to sprig, its functions for YAML, and sorted keys and values: their order is random in Go.
func functions() template.FuncMap {
	functions := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	functions["hexdec"] = func(text string) string {
		decoded, err := hex.DecodeString(text)
		if err != nil {
			return err.Error()
		}
		return string(decoded)
	}
	functions["keys"] = func(maps ...map[string]interface{}) []string {
		all := []string{}
		for _, one := range maps {
			all = append(all, sortedKeys(one)...)
		}
		return all
	}
	functions["values"] = func(one map[string]interface{}) []interface{} {
		all := []interface{}{}
		for _, key := range sortedKeys(one) {
			all = append(all, one[key])
		}
		return all
	}
	functions["toYaml"] = func(value interface{}) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	functions["fromYaml"] = func(text string) map[string]interface{} {
		decoded := map[string]interface{}{}
		if err := yaml.Unmarshal([]byte(text), &decoded); err != nil {
			decoded["Error"] = err.Error()
		}
		return decoded
	}
	// No function of templates: what templateAs KeysAndValues does with a text.
	functions["keysAndValues"] = func(text string) (map[string]string, error) {
		decoded := map[string]string{}
		return decoded, yaml.Unmarshal([]byte(text), &decoded)
	}
	return functions
}

func sortedKeys(one map[string]interface{}) []string {
	keys := make([]string, 0, len(one))
	for key := range one {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// Data as the tests write it: an object with one key, which names the type; null is nil.
func value(raw json.RawMessage) (interface{}, error) {
	if string(raw) == "null" || len(raw) == 0 {
		return nil, nil
	}
	var tagged map[string]json.RawMessage
	if err := json.Unmarshal(raw, &tagged); err != nil {
		return nil, err
	}
	for tag, content := range tagged {
		return typed(tag, content)
	}
	return nil, errors.New("a value without type")
}

func typed(tag string, raw json.RawMessage) (interface{}, error) {
	switch tag {
	case "bool":
		var b bool
		return b, json.Unmarshal(raw, &b)
	case "int", "int64", "float", "byte":
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
		return number(tag, text)
	case "string":
		var b []byte
		err := json.Unmarshal(raw, &b)
		return string(b), err
	case "strings":
		var all [][]byte
		err := json.Unmarshal(raw, &all)
		list := make([]string, 0, len(all))
		for _, one := range all {
			list = append(list, string(one))
		}
		return list, err
	case "ints":
		list := []int{}
		err := json.Unmarshal(raw, &list)
		return slices.Clip(list), err
	case "list":
		var all []json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, err
		}
		list := make([]interface{}, 0, len(all))
		for _, one := range all {
			item, err := value(one)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	case "dict":
		var all map[string]json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, err
		}
		dict := map[string]interface{}{}
		for key, one := range all {
			item, err := value(one)
			if err != nil {
				return nil, err
			}
			dict[key] = item
		}
		return dict, nil
	case "texts":
		return texts(raw)
	}
	return nil, fmt.Errorf("unknown type %s", tag)
}

func texts(raw json.RawMessage) (map[string]string, error) {
	var all map[string][]byte
	err := json.Unmarshal(raw, &all)
	dict := map[string]string{}
	for key, one := range all {
		dict[key] = string(one)
	}
	return dict, err
}

func number(tag, text string) (interface{}, error) {
	switch tag {
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		return int(n), err
	case "int64":
		return strconv.ParseInt(text, 10, 64)
	case "byte":
		n, err := strconv.ParseUint(text, 10, 8)
		return uint8(n), err
	}
	bits, err := strconv.ParseUint(text, 10, 64)
	return math.Float64frombits(bits), err
}

func respond(q question, table template.FuncMap) answer {
	data, err := value(q.Data)
	if err != nil {
		return answer{Error: err.Error(), Phase: "question"}
	}
	begun := time.Now()
	parsed := template.New(q.Name).Delims(q.Left, q.Right).Option("missingkey=" + q.Missing)
	if q.Table == "eso" {
		parsed = parsed.Funcs(table)
	}
	parsed, err = parsed.Parse(q.Text)
	took := time.Since(begun)
	if err != nil {
		return answer{Error: err.Error(), Phase: "parse"}
	}
	var out bounded
	if err := parsed.Execute(&out, data); err != nil {
		if errors.Is(err, errTooLong) {
			return answer{Error: err.Error(), Phase: "too much"}
		}
		return answer{Error: err.Error(), Phase: "exec"}
	}
	result := answer{Out: out.Bytes()}
	if result.Out == nil {
		result.Out = []byte{}
	}
	if q.Renders > 0 {
		result.ParseNanos = took.Nanoseconds()
		result.RenderNanos = measured(parsed, data, q.Renders)
	}
	return result
}

// The phase of a template that makes too much output or runs for too long.
const tooLong = "too long"

func inTime(q question, table template.FuncMap) answer {
	done := make(chan answer, 1)
	go func() { done <- respond(q, table) }()
	limit := time.Second + time.Duration(q.Renders)*time.Millisecond
	select {
	case result := <-done:
		return result
	case <-time.After(limit):
		return answer{Error: "the template runs for too long", Phase: tooLong}
	}
}

func measured(parsed *template.Template, data interface{}, renders int) int64 {
	begun := time.Now()
	for range renders {
		var out bytes.Buffer
		if err := parsed.Execute(&out, data); err != nil {
			return -1
		}
	}
	return time.Since(begun).Nanoseconds() / int64(renders)
}

func main() {
	debug.SetMemoryLimit(1 << 30)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	table := functions()
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var q question
		result := answer{Phase: "question"}
		if err := json.Unmarshal(line, &q); err != nil {
			result.Error = err.Error()
		} else {
			result = inTime(q, table)
		}
		if encoder.Encode(result) != nil {
			return
		}
		if result.Phase == tooLong {
			// The template still runs and nothing can stop it: whoever asks starts another process.
			out.Flush()
			os.Exit(3)
		}
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}
