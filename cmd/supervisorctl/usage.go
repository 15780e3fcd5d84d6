package main

// usageText is what -h prints; %s is the program as it was called.
const usageText = `supervisorctl -- control applications run by supervisord, from here or from its own shell.

Usage: %s [options] [action [arguments]]

Options:
-c/--configuration FILENAME -- the config file (without it the usual places are searched)
-h/--help -- print this text and exit
-i/--interactive -- start an interactive shell if no action is given (with one: ask before shutdown and
     reload, and ask for a password if one is needed)
-s/--serverurl URL -- where supervisord listens: http://host:port or unix:///path/to/socket
     (default "http://localhost:9001").
-u/--username USERNAME -- the name to log in to the server with
-p/--password PASSWORD -- the password to log in to the server with
-r/--history_file FILENAME -- remember the lines typed in the shell in this file
--color -- colour the output

action [arguments] -- one of the actions that the action "help" lists; "help ACTION" explains it and "help errors"
     what the usual errors mean. Without an action, a shell is started that reads actions line by line.

"completion bash", "completion zsh" and "completion fish" print scripts that complete actions and process names.
`
