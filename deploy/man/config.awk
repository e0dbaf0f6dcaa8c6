# config.ini as a man page: awk -f config.awk config.ini. Comments before keys are the keys' description; what is
# indented in a comment stays as it is laid out.
function roff(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  return text ~ /^[.']/ ? "\\&" text : text
}

function verbatim(wanted) {  # Begins or ends lines that keep their layout.
  if (wanted == laid_out) return
  print wanted ? ".nf" : ".fi"
  laid_out = wanted
}

function flush(  i, text) {
  for (i = 1; i <= keys; i++) printf "%s\n.B %s\n", i == 1 ? ".TP" : ".TQ", roff(key[i])
  if (!keys && lines) print ".PP"
  for (i = 1; i <= lines; i++) {
    text = line[i]
    if (text == "") {
      verbatim(0)
      print keys ? ".IP" : ".PP"
    } else {
      verbatim(text ~ /^  /)
      print roff(text)
    }
  }
  verbatim(0)
  lines = keys = 0
}

BEGIN {
  print ".TH POLLUX-CONFIG 5 \"\" Pollux \"File Formats\""
  print ".SH NAME\npollux-config \\- configuration of the Pollux web server"
  print ".SH DESCRIPTION"
  print ".I /etc/pollux/config.ini\nis the configuration of the service; \\-\\-config names another one.\n.PP"
  print "The values below are the defaults, unless the text says otherwise: then they are the demo site's."
}
/^\[/ {
  flush()
  print ".SH " roff($0)
  next
}
/^;?[a-z0-9_]+ = / {
  sub(/^;/, "")
  key[++keys] = $0
  next
}
/^;/ {
  sub(/^; ?/, "")
  line[++lines] = $0
  next
}
{ flush() }
END {
  flush()
  print ".SH SEE ALSO\n.BR pollux (8)"
}
