// An event listener by supervisord-eventlistener: listener.js FILE appends what it is told.
const fs = require('fs')
const listener = require('supervisord-eventlistener')
listener.on('event', (type, headers, payload) => {
  fs.appendFileSync(process.argv[2], `${type} ${JSON.stringify(headers)} ${JSON.stringify(payload)}\n`)
})
listener.listen(process.stdin, process.stdout)
