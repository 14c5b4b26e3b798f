// What the desk says about the end of a visit's data.

import type { Tables } from '../shared/i18n';

const hans = {
  title: '删除客户资料', what: '删除哪些', contact: '仅联系资料：姓名、电话、签名', all: '全部：另含车牌、车架号和维修内容',
  why: '原因（写明是谁要求的，不要写姓名）', sure: '我已核对单号 {ticket}。删除后任何人都无法恢复。', go: '删除', role: '只有服务顾问可以删除：请在上方选择姓名。',
  doneContact: '联系资料已在本机删除。', doneAll: '全部资料已在本机删除。', waiting: '尚未确认的节点：{nodes}。连上后会自动删除。', everywhere: '所有节点都已确认删除。', failed: '读取不了删除进度，稍后再看。',
};

export type EraseWord = keyof typeof hans;

const hant: Record<EraseWord, string> = {
  title: '刪除客戶資料', what: '刪除哪些', contact: '僅聯絡資料：姓名、電話、簽名', all: '全部：另含車牌、車身號碼和維修內容',
  why: '原因（寫明由誰要求，不要寫姓名）', sure: '我已核對單號 {ticket}。刪除後任何人都無法復原。', go: '刪除', role: '只有服務顧問可以刪除：請在上方選擇姓名。',
  doneContact: '聯絡資料已在本機刪除。', doneAll: '全部資料已在本機刪除。', waiting: '尚未確認的節點：{nodes}。連上後會自動刪除。', everywhere: '所有節點都已確認刪除。', failed: '讀取不了刪除進度，稍後再看。',
};

const en: Record<EraseWord, string> = {
  title: 'Erase customer data', what: 'What to erase', contact: 'Contact only: name, phone, signatures', all: 'Everything: plate, VIN and the work too',
  why: 'Reason (who asked for it; no names)', sure: 'I have checked ticket {ticket}. Nobody can bring it back.', go: 'Erase', role: 'Only an advisor may erase: choose your name at the top.',
  doneContact: 'Contact data is erased on this computer.', doneAll: 'All data is erased on this computer.', waiting: 'Not confirmed yet by: {nodes}. They erase by themselves once connected.', everywhere: 'Every node has confirmed.', failed: 'The progress cannot be read; look again later.',
};

export const eraseWords: Tables<EraseWord> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
