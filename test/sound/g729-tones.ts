/**
 * A second of a tone in G.729, of 0.3 of full scale, by its frequency: no encoder of it is in ffmpeg, so these are what rtpengine
 * (bcg729) makes of the same tone in PCMA. 10 bytes hold 10 ms.
 */
export const g729Tones: Readonly<Record<number, Uint8Array>> = {
  440: Buffer.from(
    [
      'I9zNDDjLcRzjZw2zTKjgWnG45x8I39pf2xbzEcKTDbJyxch4MEZCR2jzzKWcZvIJSboj3MzmeFvwhFVKDbNM5yKTcSkyywjf2pvouHD/vRENsn',
      'LGABgwchwRaPPNUAyn73F59yPczQ3Ui21YU3sNs0zjELlxuL5TCN/aX2BYc5ulQQ2ycseNYjDi2TNo881UZOnwYFEfI9zNClDb8DGZ9w2zTPcT',
      'rnG/7nsI39pFbGozm70JDbJyxuUiMMJQx2jzzVZXyS8LSooj3Mz0VMtxOHt7DbNMo6PI8nnyugjf2onoOXCCfhMNsnLdANgw2kBRaPPNFyDXb2',
      'BZzyPczQfCI1BMV08Ns0yiJppygqZ3CN/aT0hYc53WEw2ycsVgeDHi2UNo881UyLnv8Nj5I9zNG0C78TGZnw2zTOczqPLDkzsI39pdW15xk/5H',
      'DbJyxch4MFrBQ2jzzVILqW/2APsj3M0bQLtu+Fd7DbNMauRW8RFyzwjf2l4pKjOuDUENsnLHw1gw4tkHaPPNlF3fb4YA9yPczU1Cq/Dsx/sNs0',
      'ywZwNysobLCN/aX1tR9G6Ekw2ycscvQjEyXHFo880XCPjvcACKI9zNGBPbcMGF9w2zTKpiHnK5BvsI39pBf1g0bpRHDbJyxNg4MbPEE2jzzZJ7',
      'zm/XZVsj3M0NwK9uhoT7DbNMouDY8bRNdwjf2l9/VvOuPRENsnLNMFIwVgpzaPPM5AguNEuC9yPczQwC6+88e3sNs0ypVjkxeXL7CN/axug48W',
      'wXQQ2ycsdjcjHiGENo88yrrtny0NzzI9zNDXyLbYhXew2zTP0jCPG5BvsI39qMaiIxa5VBDbJyxt42MFMgx2jzzU5oeXARLRsj3M0VZK1uaULb',
      'DbNM4AqXcL4Pdwjf2oZpMjFt1kENsnLHZ2gxUnDHaPPNEFzpcGVxeyPczQ3Er244c/sNs0z9EyjxsGZ7CN/aWMWSc4P2kw2ycsdjcjDiQMNo88',
      '0QVM5xSbqbI9zNBkN/bYRVSA2zTPAiHvG5XssI39qd8Bjw3cLBDbJyx8BYMHpcUWjzzKQzMfLQZXcj3M0GeEvxHUKIDbNM9lKzcCzjdwjf2tuu',
      'p3FrxBENsnLJyugwAg1HaPPNFxLY7wEIiiPczQ2A+3A8408Ns0yvEp8xuQabCN/aXsARdG3WQQ2ycsd7cjFUUslo881XpKdxSYrbI9zNGcKvcc',
      'AtOg2zTPyTYnKKJx8I39qeyRbwTjHBDbJyxXpiMFeLc2jzzUx4WW/w2Pkj3Mz1IN9w3lNKDbNM/CYZcbDnHwjf2oV3WDJlRHENsnLFsTYw4lxR',
      'aPPNlHjR7wRpdw==',
    ].join(''),
    'base64',
  ),
  900: Buffer.from(
    [
      'cbJmyCsvcD+JOXXb/7QIHnqLjUNx2+2jPM4wDlXDddrtrZhocmvPM0XCzHvo//BPZHtxsmbUCwnwrc43ddv/tEAR+muNQXHb7a8/TjDgezN12u',
      '2qyCgyFZgHRcLMe8DXUF98+3GyZtQaP3CsPw912/+1KH56fU4HcdvtrU8o8IBfC3Xa7b2k6HIsFcNFwsxrKHEQX1T7cbJmyOk/cK3ON3Xb/6h/',
      'DjpvdLNx2+21AF4wQs5DddrtukquMlYzB0XCzHvh/3BPXP9xsmbLHD9wrc4Lddv/teo5euuRsXHb7a1/CHACxnF12u24Oq4ydgezRcLMaFMPcF',
      '90ynGyZtsqv3CsH7N12/+raD566jkxcdvtrHkYMGLGR3Xa7b2g5nKnzwdFwsx73PdQWuQfcbJm1Kw/cN/ID3Xb/7w6mToLTENx2+21OH4wbg3D',
      'ddrtrvkRciofQ0XCzHvt4VBeFV9xsmbVan9w7coJddv/tZB5eoGfB3Hb7aKXyDBLRMd12u2vO0byeZSzRcLMfOvrcOrYiHGyZsssOfDt6kN12/',
      '+raD5665HBcdvtowfA8DzKcXXa7bTdKHI3hodFwsx8qLlQT1z7cbJm1CsvcK3OC3Xb/7RfKTqc9sFx2+26/phwb0w3ddrtvTn4cioXw0XCzHsg',
      'v3BPZHtxsmbHq69wvc43ddv/tGg5ep1OMXHb7a1HCHDge0N12u24JrJybBWzRcLMeuD/cOVSSnGyZsqsP3Ctzjl12/+0Dwl660gxcdvtrQBYcA',
      'Kvw3Xa7aOb6HJmxvFFwsx6SL1wPtjKcbJmxiy/cMH+N3Xb/7UrZ3rrQIdx2+2iMLhwlv5Dddrtut+nMmo/w0XCzGtAX3BfdP9xsmbLAh9wrD85',
      'ddv/tGA+OmtMB3Hb7aOc/jC57sN12u2y+IhySyKzRcLMael5UE9c+3GyZtvr6fC9zgt12/+0by46HVKHcdvtot6+MHlui3Xa7bqn4PJqL8FFws',
      'xr6X/wT3z7cbJmyi4/cL3OOXXb/7RHCXqKzEFx2+2vpHgw43LDddrtoy74cmtHw0XCzGvpf3BPZDpxsmbKxR9wrc4Lddv/tG8uep1OAXHb7bse',
      '+PB+Dbd12u20xwhyLK2zRcLMe+zpUE9ke3GyZsYrr3Csn4912/+0CB56a41Bcdvtoy/mcIAPx3Xa7brumHITkodFwsxjKP9wT1z/cbJmxiuvcO',
      '3KM3Xb/7R4GXrqOQdx2+2roGgwaMZxddrtrIdIcmKPM0XCzHnA11A+2PtxsmbHbLnwrc4Lddv/vaTuesodMXHb7bR5EjBXRjN12u2tvh4ya4az',
      'RcLMfSavcDibyg==',
    ].join(''),
    'base64',
  ),
};
