// The tour by a client of the npm registry: tour.js PACKAGE URL TOUR
const fs = require('fs')
const [name, url, tour] = process.argv.slice(2)
const library = require(name)
const client = name === 'supervisord' ? library.connect(url) : new library.SupervisordClient(url)

// supervisord has callbacks, node-supervisord promises.
const call = (method, args) => name === 'supervisord'
  ? new Promise((resolve, reject) => client[method](...args, (err, value) => err ? reject(err) : resolve(value)))
  : client[method](...args)

const sorted = (key, value) => value && value.constructor === Object
  ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value

async function main () {
  for (const [full, ...args] of JSON.parse(fs.readFileSync(tour, 'utf8'))) {
    const method = full.split('.').pop()
    let text
    try {
      text = client[method] ? JSON.stringify(await call(method, args), sorted) : 'not in this library'
    } catch (err) {
      text = `fault ${err.faultCode} ${err.faultString}`
    }
    console.log(full, JSON.stringify(args), text)
  }
}
main()
