import '../shared/base.css';
import './kiosk.css';
import { mount } from 'svelte';
import Screen from './Kiosk.svelte';

const app = document.getElementById('app')!;
app.replaceChildren();
mount(Screen, { target: app });
