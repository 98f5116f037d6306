/** Made by minisign 0.11 with a key that was thrown away: `minisign -S -s KEY -m BUNDLE -t 'turnout release shop 42 SHA256'`. */
export const MINISIGNED = {
  bytes: Buffer.from('bundle\n'),
  release: { release: '42', sha256: 'ef17b7d320f2acc023f2018dab381827ba22f9d01b6c4c97894e1bbfe4928313', size: 7 },
  pub: `untrusted comment: minisign public key 2B355921373F0FB4
RWS0Dz83IVk1K5ukHSKPhjB1NNa5T8WI862tHQkoCOyrIThmLKgQuFSF
`,
  signature: `untrusted comment: signature from minisign secret key
RUS0Dz83IVk1K0oqSTdmFpfgK+Urkw0CbJbZstGwR+mepZFYBpUgp9GcWxCgkYWQD1k0VaRh4+b4qjMWFLcBGUdpN3Hp3t8UWw0=
trusted comment: turnout release shop 42 ef17b7d320f2acc023f2018dab381827ba22f9d01b6c4c97894e1bbfe4928313
Tf6zlByI4VuHa46q6/GdjeFsnmgd6duwC3NmDszUUtpgMxZKcgTImrSIfmRDca8O5yDDOW4vxtHenYsuMGhiCw==
`,
} as const;

/** The same as MINISIGNED by `minisign -l`: over the bundle itself, instead of its hash. */
export const LEGACY = `untrusted comment: signature from minisign secret key
RWS0Dz83IVk1K0sHRALy5ReDPXLa8LtNrdJ6sigpdb6xbBOaiyFrKtST6EqYDXOre4DsdKFW3+Xwk/Gdg99+q7dyPnUqhGLHuwE=
trusted comment: turnout release shop 42 ef17b7d320f2acc023f2018dab381827ba22f9d01b6c4c97894e1bbfe4928313
OleAbJmPi2Cnaw6XQJNJPLEfZyrUZt5/SI8BYWZ+4G0tff6kpYvJOVLfZagufolDxPyWNAYXSq0/M3tsKkP8Cg==
`;

/** The public key of another pair. */
export const OTHER_PUB = 'RWQJ9JIHx1wPEUAAdo8uEfAMB6QcLuV7yvL6wL9qr/s1x5Zh0xupzSU/';
