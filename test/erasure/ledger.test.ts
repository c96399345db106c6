import { ledgerContract } from '../engines/contracts/ledger';
import { dynalitePoints } from '../engines/support/point-stores';

describe('The ledger on dynalite', () => {
  ledgerContract(dynalitePoints);
});
