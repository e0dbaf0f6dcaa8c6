// A client of HTTP/2 that somebody else wrote: node's. Asks for what it is told to, all at once, and says as JSON what it
// heard.
//
//   node stranger_http2.js URL AUTHORITY METHOD PATH [METHOD PATH ...]
'use strict';

const fs = require('fs');
const http2 = require('http2');

const [url, authority, ...wanted] = process.argv.slice(2);
const session = http2.connect(url, authority ? {ca: fs.readFileSync(authority)} : {});
session.on('error', (error) => { console.error(error); process.exit(1); });

function ask(method, path) {
  return new Promise((resolve, reject) => {
    const stream = session.request({':method': method, ':path': path});
    let status, length = 0;
    stream.on('response', (fields) => { status = fields[':status']; });
    stream.on('data', (octets) => { length += octets.length; });
    stream.on('end', () => resolve({method, path, status, length}));
    stream.on('error', reject);
    if (method === 'POST') stream.write(Buffer.alloc(200000));
    stream.end();
  });
}

const asked = [];
while (wanted.length > 0) asked.push(ask(wanted.shift(), wanted.shift()));
Promise.all(asked).then((answers) => {
  console.log(JSON.stringify(answers));
  session.close();
}, (error) => { console.error(error); process.exit(1); });
