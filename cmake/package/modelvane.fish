# Commands and flags come from `modelvane help`, so that they are those of the installed version.
function __modelvane_words
    set -l typed (commandline -opc)[2..-1]
    set -l help (modelvane help $typed[1] 2>/dev/null)
    printf '%s\n' $help | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p'
    printf '%s\n' $help | grep -o -- '--[a-z][a-z.-]*'
end
complete -c modelvane -a '(__modelvane_words)'
