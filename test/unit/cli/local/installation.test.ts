import { saysListening } from '../../../../cli/local/installation';

const line = (msg: string, url: string): string => JSON.stringify({ level: 30, time: 1, process: 'server', url, msg });

describe('whether a server has come up', () => {
  it('is told by its own log, and not by whoever answers at the port', () => {
    const url = 'http://127.0.0.1:7070';
    expect(saysListening(`${line('listening', url)}\n`, url)).toBe(true);
    expect(saysListening(`${line('listening', 'http://127.0.0.1:7071')}\n`, url)).toBe(false);
    expect(saysListening(`${line('draining', url)}\n`, url)).toBe(false);
    const taken = 'headgate server: 127.0.0.1:7070 is taken: listen EADDRINUSE: address already in use 127.0.0.1:7070';
    expect(saysListening(`${taken}\n`, url)).toBe(false);
  });
});
