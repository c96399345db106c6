import './workers';
import 'graphiql/style.css';
import './style.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { takeFragment } from './arrival';

// Before anything is drawn: no later code, and no copied address, ever sees the token.
const arrival = takeFragment();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(
  <StrictMode>
    <App arrival={arrival} />
  </StrictMode>,
);
