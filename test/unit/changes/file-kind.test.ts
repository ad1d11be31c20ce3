import { fileKind } from '../../../changes/measures/file-kind';
import { isFix } from '../../../changes/measures/fix';

describe('fileKind', () => {
  it.each([
    ['src/cart.ts', 'code'],
    ['cmd/main.go', 'code'],
    ['src/cart.test.ts', 'test'],
    ['pkg/cart_test.go', 'test'],
    ['src/test/java/CartTest.java', 'test'],
    ['lib/Latest.java', 'code'],
    ['tests/test_cart.py', 'test'],
    ['db/migrations/20240101_add_total.sql', 'migration'],
    ['app/migrations/0001_initial.py', 'migration'],
    ['resources/V2__orders.sql', 'migration'],
    ['package-lock.json', 'dependencies'],
    ['web/package.json', 'dependencies'],
    ['go.sum', 'dependencies'],
    ['requirements-dev.txt', 'dependencies'],
    ['config/production.yaml', 'configuration'],
    ['.env.example', 'configuration'],
    ['.github/workflows/ci.yml', 'infrastructure'],
    ['Dockerfile', 'infrastructure'],
    ['deploy/values.yaml', 'infrastructure'],
    ['main.tf', 'infrastructure'],
    ['docs/guide.md', 'documentation'],
    ['README.md', 'documentation'],
    ['docs/picture.png', 'documentation'],
    ['img/logo.png', 'other'],
  ])('%s is %s', (path, kind) => {
    expect(fileKind(path)).toBe(kind);
  });
});

describe('isFix', () => {
  it.each(['Fix refunds', 'fixed: the total', 'Bugfix for #12', 'Mend a regression', 'closes #7'])(
    '%s is a fix',
    (text) => {
      expect(isFix(text)).toBe(true);
    },
  );

  it.each(['Add a prefix', 'Test fixtures', 'Use suffixes', 'Debug output', 'Affix labels', 'Add feature #7'])(
    '%s is none',
    (text) => {
      expect(isFix(text)).toBe(false);
    },
  );
});
