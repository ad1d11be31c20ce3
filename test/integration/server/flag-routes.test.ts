import { givenFlagBody, givenRolloutBlock, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('flag routes', () => {
  let server: ServerUnderTest;
  let operator: string;
  let viewer: string;
  const flags = '/v1/environments/production/flags';

  beforeAll(async () => {
    server = await givenServer();
    operator = await server.token('operator');
    viewer = await server.token('viewer');
  });
  afterAll(() => server.close());

  const put = (key: string, body: Record<string, unknown> = givenFlagBody(), headers = {}) =>
    server.call('PUT', `${flags}/${key}`, { as: operator, body, headers });
  const codeOf = (response: { json(): unknown }): string => (response.json() as { code: string }).code;

  it('creates a flag with 201, edits it with 200 and writes nothing when nothing changes', async () => {
    const created = await put('create-edit');
    const edited = await put('create-edit', givenFlagBody({ description: 'now described' }));
    const repeated = await put('create-edit', givenFlagBody({ description: 'now described' }));

    expect([created.statusCode, edited.statusCode, repeated.statusCode]).toEqual([201, 200, 200]);
    expect([created.headers.etag, edited.headers.etag, repeated.headers.etag]).toEqual(['"1"', '"2"', '"2"']);
    expect(edited.json()).toMatchObject({ revision: 2, salt: 'create-edit', lastChange: { action: 'flag.edit' } });
  });

  it('shows who changed a flag and hides the whole record', async () => {
    await put('shown', givenFlagBody({ reason: 'because' }));
    const { lastChange } = (await server.call('GET', `${flags}/shown`, { as: viewer })).json<{
      lastChange: Record<string, unknown>;
    }>();

    expect(Object.keys(lastChange).sort()).toEqual(['action', 'actor', 'at', 'reason']);
    expect(lastChange).toMatchObject({
      reason: 'because',
      actor: { kind: 'token', name: 'operator-token', role: 'operator', verified: true },
    });
  });

  it('refuses an edit of another revision than the one that stands, named in the body or by If-Match', async () => {
    await put('cas');
    await put('cas', givenFlagBody({ description: 'second' }));

    const inBody = await put('cas', givenFlagBody({ revision: 1 }));
    const inHeader = await put('cas', givenFlagBody(), { 'if-match': '"1"' });
    const right = await put('cas', givenFlagBody({ description: 'third' }), { 'if-match': '"2"' });

    expect([inBody.statusCode, inHeader.statusCode, right.statusCode]).toEqual([409, 409, 200]);
    expect(inBody.json()).toMatchObject({ code: 'REVISION_CONFLICT', details: { revision: 2 } });
  });

  it('lets one of two concurrent edits of the same revision through', async () => {
    await put('race');
    const responses = await Promise.all(
      ['one', 'two'].map((description) => put('race', givenFlagBody({ description, revision: 1 }))),
    );

    expect(responses.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
  });

  it('says every fault of a flag at once', async () => {
    const response = await put(
      'faulty',
      givenFlagBody({ defaultVariant: 'none', variants: { on: 'text', off: false } }),
    );

    expect(response.statusCode).toBe(422);
    expect(response.headers['content-type']).toContain('application/problem+json');
    const issues = response.json<{ details: { issues: { field: string }[] } }>().details.issues;
    expect(issues.map(({ field }) => field).sort()).toEqual(['defaultVariant', 'variants.on']);
  });

  it('refuses unknown fields, wrong names and bodies that are not JSON', async () => {
    const unknown = await put('unknown', givenFlagBody({ colour: 'red' }));
    const named = await server.call('PUT', `${flags}/${encodeURIComponent('bad key')}`, { as: operator, body: {} });
    const text = await server.call('PUT', `${flags}/text`, {
      as: operator,
      body: '{',
      headers: { 'content-type': 'application/json' },
    });

    expect([unknown, named, text].map(({ statusCode }) => statusCode)).toEqual([400, 400, 400]);
    expect([unknown, named, text].map(codeOf)).toEqual(Array(3).fill('INVALID_ARGUMENT'));
  });

  it('refuses a body larger than the route takes', async () => {
    const response = await put('large', givenFlagBody({ description: 'x'.repeat(600_000) }));

    expect(response.statusCode).toBe(413);
    expect(codeOf(response)).toBe('BODY_TOO_LARGE');
  });

  it('switches a flag off and on, records the reason, and repeats without a write', async () => {
    await put('glass');
    const off = await server.call('POST', `${flags}/glass/off`, { as: operator, body: { reason: 'checkout is down' } });
    const again = await server.call('POST', `${flags}/glass/off`, { as: operator, body: { reason: 'again' } });
    const applied = await put('glass', givenFlagBody({ description: 'applied from a file' }));
    const on = await server.call('POST', `${flags}/glass/on`, { as: operator, body: { reason: 'fixed' } });

    expect(off.json()).toMatchObject({ enabled: false, revision: 2, lastChange: { action: 'flag.off' } });
    expect(again.json()).toMatchObject({ enabled: false, revision: 2 });
    expect(applied.json()).toMatchObject({ enabled: false, revision: 3 });
    expect(on.json()).toMatchObject({ enabled: true, revision: 4, lastChange: { reason: 'fixed' } });
  });

  it('wants a reason for break-glass and a flag to break', async () => {
    await put('no-reason');
    const noReason = await server.call('POST', `${flags}/no-reason/off`, { as: operator, body: {} });
    const noFlag = await server.call('POST', `${flags}/nobody/off`, { as: operator, body: { reason: 'x' } });

    expect([noReason.statusCode, noFlag.statusCode]).toEqual([400, 404]);
  });

  it('lands break-glass among concurrent edits', async () => {
    await put('contended');
    const edits = Array.from({ length: 4 }, (_, index) =>
      put('contended', givenFlagBody({ description: `edit ${index}` })),
    );
    const off = await server.call('POST', `${flags}/contended/off`, { as: operator, body: { reason: 'stop' } });
    await Promise.all(edits);

    expect(off.statusCode).toBe(200);
    const flag = await server.call('GET', `${flags}/contended`, { as: viewer });
    expect(flag.json()).toMatchObject({ enabled: false });
  });

  it('keeps a live rollout through an edit and refuses to delete the flag or what the rollout needs', async () => {
    await put('rolling');
    const id = await givenRolloutBlock(server, 'production/rolling');

    const edited = await put('rolling', givenFlagBody({ description: 'edited while rolling' }));
    const withoutCandidate = await put('rolling', givenFlagBody({ variants: { off: false } }));
    const deleted = await server.call('DELETE', `${flags}/rolling?reason=old`, { as: operator });

    expect(edited.json()).toMatchObject({ rollout: { id, weight: 5, transition: 1 }, revision: 3 });
    expect([withoutCandidate.statusCode, deleted.statusCode]).toEqual([409, 409]);
    expect([codeOf(withoutCandidate), codeOf(deleted)]).toEqual(['ROLLOUT_LIVE', 'ROLLOUT_LIVE']);
  });

  it('deletes by a tombstone whose revision goes on, unless another flag depends on it', async () => {
    await put('base');
    await put('dependent', givenFlagBody({ prerequisites: [{ flag: 'base', variants: ['on'] }] }));
    const refused = await server.call('DELETE', `${flags}/base?reason=old`, { as: operator });
    await server.call('DELETE', `${flags}/dependent?reason=old`, { as: operator });
    const deleted = await server.call('DELETE', `${flags}/base?reason=old`, { as: operator });
    const gone = await server.call('GET', `${flags}/base`, { as: viewer });
    const back = await put('base');

    expect(refused.json()).toMatchObject({ code: 'IN_USE', details: { usedBy: ['dependent'] } });
    expect([deleted.statusCode, gone.statusCode, back.statusCode]).toEqual([204, 404, 201]);
    expect(back.json()).toMatchObject({ revision: 3 });
    const list = (await server.call('GET', flags, { as: viewer })).json<{ key: string }[]>();
    expect(list.map(({ key }) => key)).not.toContain('dependent');
  });

  it('archives with a reason, lists what is archived, and brings it back as it was', async () => {
    await put('kept', givenFlagBody({ description: 'as it was', salt: 'pepper' }));
    const silent = await server.call('DELETE', `${flags}/kept`, { as: operator });
    await server.call('DELETE', `${flags}/kept?reason=unused`, { as: operator });
    const archived = (await server.call('GET', `${flags}?archived=true`, { as: viewer })).json<{ key: string }[]>();
    const gone = await server.call('GET', `${flags}/kept`, { as: viewer });
    const back = await server.call('POST', `${flags}/kept/restore`, { as: operator, body: { reason: 'needed' } });
    const again = await server.call('POST', `${flags}/kept/restore`, { as: operator, body: { reason: 'again' } });

    expect(silent.statusCode).toBe(400);
    expect(archived.map(({ key }) => key)).toContain('kept');
    expect(gone.json()).toMatchObject({
      code: 'FLAG_NOT_FOUND',
      message: expect.stringContaining('is archived') as string,
    });
    expect(gone.body).toContain('headgate flag restore kept');
    expect(back.json()).toMatchObject({
      description: 'as it was',
      salt: 'pepper',
      revision: 3,
      lastChange: { action: 'flag.restore', reason: 'needed' },
    });
    expect(again.json()).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('tells what changed between revisions and goes back to one, leaving break-glass and rollout as they stand', async () => {
    const rule = {
      name: 'staff',
      if: { attribute: 'mail', operator: 'ends_with', value: '@a.b' },
      serve: { variant: 'on' },
    };
    await put('past', givenFlagBody({ rules: [rule] }));
    await put('past', givenFlagBody({ description: 'without the rule' }));
    await server.call('POST', `${flags}/past/off`, { as: operator, body: { reason: 'stop' } });
    const id = await givenRolloutBlock(server, 'production/past');
    const diff = await server.call('GET', `${flags}/past/diff?from=1&to=2`, { as: viewer });
    const none = await server.call('GET', `${flags}/past/diff?from=9`, { as: viewer });
    const wish = { reason: 'the rule was right', revision: 1 };
    const restored = await server.call('POST', `${flags}/past/restore`, { as: operator, body: wish });
    const same = await server.call('GET', `${flags}/past/diff?from=1`, { as: viewer });

    expect(diff.json()).toEqual([
      { field: 'description', after: 'without the rule' },
      { field: 'rules', before: [rule], after: [] },
    ]);
    expect(none.json()).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(restored.json()).toMatchObject({ rules: [rule], enabled: false, rollout: { id }, revision: 5 });
    expect(restored.json()).not.toHaveProperty('description');
    expect(same.json()).toEqual([{ field: 'enabled', before: true, after: false }]);
  });

  it('keeps the same key of two environments apart', async () => {
    await put('twice');
    const other = await server.call('GET', '/v1/environments/staging/flags/twice', { as: viewer });

    expect(other.statusCode).toBe(404);
  });

  it('lists the history newest first, bounded, and finds its chain whole', async () => {
    await put('told');
    await put('told', givenFlagBody({ description: 'a' }));
    const history = await server.call('GET', `${flags}/told/history?limit=1`, { as: viewer });
    const tooMany = await server.call('GET', `${flags}/told/history?limit=100000`, { as: viewer });
    const audit = await server.call('GET', '/v1/environments/production/audit/verify', { as: viewer });

    expect(history.json()).toMatchObject([{ revision: 2, action: 'flag.edit' }]);
    expect(tooMany.statusCode).toBe(400);
    expect(audit.json()).toMatchObject({ ok: true, problems: [] });
  });
});
