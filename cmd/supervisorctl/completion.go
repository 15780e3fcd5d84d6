package main

import (
	"context"
	"slices"
	"strings"
)

// completionScript prints the completion script for a shell. For use by those scripts,
// `completion words ARGUMENTS...` prints the words that may come next; the last argument
// is the one being typed, and an empty one is passed as two single quotes.
func completionScript(_ context.Context, c *ctl, arg string) error {
	what, rest, _ := strings.Cut(arg, " ")
	if what == "words" {
		c.completeArgs(rest)
		return nil
	}
	script, ok := completionScripts[what]
	if !ok {
		return c.usage("completion", "Error: completion requires bash, zsh or fish", exitInvalidArgs)
	}
	c.out.line(strings.TrimSpace(script))
	return nil
}

// completeArgs prints the candidates for the last of the words typed after the options,
// one per line.
func (c *ctl) completeArgs(line string) {
	word := ""
	if line, empty := strings.CutSuffix(line, "''"); !empty {
		word = line[strings.LastIndex(line, " ")+1:]
	}
	line = strings.TrimSuffix(line, "''")
	var found []string
	for _, candidate := range append(c.candidates(line, word), extraWords(strings.Fields(strings.TrimSuffix(line, word)))...) {
		if strings.HasPrefix(candidate, word) && !slices.Contains(found, candidate) {
			found = append(found, candidate)
		}
	}
	slices.Sort(found)
	for _, candidate := range found {
		c.out.line(candidate)
	}
}

// extraWords returns words that the scripts offer but Tab in our shell does not, to stay
// like upstream's.
func extraWords(fields []string) []string {
	if len(fields) == 0 {
		return []string{"completion"}
	}
	if fields[0] == "wait" && fields[len(fields)-1] == "--for" {
		return goalNames()
	}
	switch fields[0] {
	case "completion":
		return []string{"bash", "zsh", "fish"}
	case "graph":
		return []string{"--dot", "--json"}
	case "status", "avail", "analyze", "upgrade":
		return []string{"--json"}
	case "start", "restart":
		return []string{"--no-deps", "--wait", "all"}
	case "stop":
		return []string{"--wait", "all"}
	case "wait":
		return []string{"--for", "--timeout", "all"}
	case "reread":
		return []string{"--diff", "--json"}
	case "update":
		return []string{"--by-group", "--by-process", "--dry-run", "--json", "all"}
	case "scale":
		return []string{"--no-wait"}
	case "clear", "disable", "enable", "pid", "signal":
		return []string{"all"}
	case "tail", "maintail":
		return []string{"-f"}
	}
	return nil
}

// completionScripts ask the program itself for candidates, so that the process names are
// those of the running daemon. Options before the action (-c, -s, ...) are passed on.
var completionScripts = map[string]string{
	"bash": `
# supervisorctl completion for bash: eval "$(supervisorctl completion bash)"
_supervisorctl() {
	local words=() options=() word line i=1 candidate prefix
	# bash splits words at colons; take the line apart at blanks instead
	line=${COMP_LINE:0:COMP_POINT}
	read -r -a words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	while ((i < ${#words[@]} - 1)); do
		case ${words[i]} in
		-[csupr] | --configuration | --serverurl | --username | --password | --history_file)
			options+=("${words[i]}" "${words[i + 1]}")
			((i += 2)) ;;
		-*) options+=("${words[i]}"); ((i += 1)) ;;
		*) break ;;
		esac
	done
	word=${words[${#words[@]} - 1]}
	if ((i >= ${#words[@]})) || [[ $i -eq $((${#words[@]} - 1)) && $word == -* ]]; then
		COMPREPLY=($(compgen -W "--color --configuration --help --history_file --interactive --password --serverurl --username" -- "$word"))
		return
	fi
	[[ -z $word ]] && words[${#words[@]}-1]="''"
	prefix=
	[[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && prefix=${word%:*}:
	COMPREPLY=()
	while IFS= read -r candidate; do
		COMPREPLY+=("${candidate#"$prefix"}")
	done < <("${words[0]}" "${options[@]}" completion words "${words[@]:i}" 2>/dev/null </dev/null)
}
complete -F _supervisorctl supervisorctl
`,
	"zsh": `
#compdef supervisorctl
# supervisorctl completion for zsh: source <(supervisorctl completion zsh)
_supervisorctl() {
	local -a options rest candidates
	local i=2
	while (( i < CURRENT )); do
		case ${words[i]} in
		-[csupr]|--configuration|--serverurl|--username|--password|--history_file)
			options+=("${words[i]}" "${words[i+1]}"); (( i += 2 )) ;;
		-*) options+=("${words[i]}"); (( i += 1 )) ;;
		*) break ;;
		esac
	done
	if (( i > CURRENT )); then
		_files
		return
	fi
	if (( i == CURRENT )) && [[ ${words[CURRENT]} == -* ]]; then
		compadd -- --color --configuration --help --history_file --interactive --password --serverurl --username
		return
	fi
	rest=("${(@)words[i,CURRENT]}")
	[[ -z ${rest[-1]} ]] && rest[-1]="''"
	candidates=(${(f)"$(${words[1]} $options completion words $rest 2>/dev/null </dev/null)"})
	compadd -Q -- $candidates
}
compdef _supervisorctl supervisorctl
`,
	"fish": `
# supervisorctl completion for fish: supervisorctl completion fish | source
function __supervisorctl_words
	set -l typed (commandline -opc)
	set -l current (commandline -ct)
	set -l options
	set -l i 2
	while test $i -le (count $typed)
		switch $typed[$i]
			case -c -s -u -p -r --configuration --serverurl --username --password --history_file
				set options $options $typed[$i] $typed[(math $i + 1)]
				set i (math $i + 2)
			case '-*'
				set options $options $typed[$i]
				set i (math $i + 1)
			case '*'
				break
		end
	end
	set -l rest
	if test $i -le (count $typed)
		set rest $typed[$i..-1]
	end
	test -z "$current"; and set current "''"
	$typed[1] $options completion words $rest $current 2>/dev/null </dev/null
end
complete -c supervisorctl -f -a '(__supervisorctl_words)'
complete -c supervisorctl -s c -l configuration -r -F -d 'Config file'
complete -c supervisorctl -s s -l serverurl -x -d 'URL of the daemon'
complete -c supervisorctl -s u -l username -x
complete -c supervisorctl -s p -l password -x
complete -c supervisorctl -s r -l history_file -r -F
complete -c supervisorctl -s i -l interactive
complete -c supervisorctl -l color -d 'Coloured output'
complete -c supervisorctl -s h -l help
`,
}
